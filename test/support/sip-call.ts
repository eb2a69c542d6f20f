import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import type { OutgoingInviteRequest } from '../../src/telephony/sip/outgoing-invite.ts';
import type { Faults } from '../../src/wire/memory-network.ts';
import { RawPeer, type RawReply } from './raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, type SipScene, sipScene } from './sip-agents.ts';

export const CONTACT = ['Contact', '<sip:bob@10.0.0.2:5060>'] as const;

/** A description of its own: `port` tells it from others. */
export function sdpOf(port: number, direction = 'sendrecv'): string {
  return `${OFFER.replace('4000', String(port))}a=${direction}\r\n`;
}

/** A call between two user agents that is up: both dialogs. Faults begin when `fault` is set. */
export async function twoDialogs(more: Partial<OutgoingInviteRequest> = {}) {
  const dialogs: Dialog[] = [];
  const faults: { filter: Faults['filter'] } = { filter: undefined };
  const scene: SipScene = sipScene(
    (invite) => void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog)),
    (bytes, from, to, nth) => faults.filter?.(bytes, from, to, nth) ?? 'pass',
  );
  const call = new CallLog();
  scene.caller.invite(request('udp', more), call);
  await scene.clock.advance(100);
  const [callee] = dialogs;
  if (!callee || !call.dialog) throw new Error('The call is not up');
  scene.seen.length = 0;
  return { scene, caller: call.dialog, callee, call, faults };
}

/** A user agent that calls a peer of which a test says every word; the INVITE has arrived. */
export async function invitingRawPeer(more: Partial<OutgoingInviteRequest> = {}) {
  const scene = sipScene(undefined);
  await scene.callee.close();
  const peer = new RawPeer(scene.network.wire('udp', CALLEE));
  const call = new CallLog();
  const outgoing = scene.caller.invite(request('udp', more), call);
  await scene.clock.advance(1);
  return { scene, peer, call, outgoing };
}

/** A call from a user agent to a peer of which a test says every word; it is up. `answer` says more of the peer's 2xx. */
export async function toRawPeer(more: Partial<OutgoingInviteRequest> = {}, answer: RawReply = {}) {
  const { scene, peer, call, outgoing } = await invitingRawPeer(more);
  const first = peer.last('INVITE');
  peer.reply(first, 200, CALLER, { tag: 'peer', sdp: ANSWER, ...answer, headers: [CONTACT, ...(answer.headers ?? [])] });
  await scene.clock.advance(1);
  const { dialog } = call;
  if (!dialog) throw new Error('The call is not up');
  peer.received.length = 0;
  return { ...rawCall(scene, peer, first), dialog, call, outgoing };
}

/** What a peer may say in the call that `invite` of ours began. */
export function rawCall(scene: SipScene, peer: RawPeer, invite: SipRequest) {
  let cSeq = 0;
  return {
    scene,
    peer,
    clock: scene.clock,
    turn: () => scene.clock.advance(1),
    reply: (method: string, status: number, reply?: RawReply) => peer.reply(peer.last(method), status, CALLER, reply),
    /** Sends a request of the peer, and lets the answer arrive. */
    ask: async (
      method: string,
      sdp?: string,
      lines: readonly string[] = [],
      number = method === 'ACK' ? cSeq : ++cSeq,
      contact = 'sip:bob@10.0.0.2:5060',
    ): Promise<void> => {
      const head = [
        `${method} sip:x@10.0.0.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${method}${number}${scene.clock.now()}`,
        'From: <sip:bob@10.0.0.2>;tag=peer',
        `To: ${invite.headers.first('From')}`,
        `Call-ID: ${invite.headers.first('Call-ID')}`,
        `CSeq: ${number} ${method}`,
        `Contact: <${contact}>`,
        ...lines,
        ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
      ];
      peer.send(`${head.join('\n')}\n\n${sdp ?? ''}`, CALLER);
      await scene.clock.advance(2);
    },
    /** Timers, transactions and dialogs that are left after everything has run out. */
    leftovers: async () => {
      await scene.clock.advance(200_000);
      return [scene.clock.pendingTimers, scene.caller.liveTransactions, scene.caller.liveDialogs];
    },
  };
}

/** The outcome of a promise, to be compared: what it resolved with, or why it did not. */
export function outcomeOf(promise: Promise<unknown>): { value?: unknown; error?: unknown } {
  const outcome: { value?: unknown; error?: unknown } = {};
  promise.then(
    (value) => {
      outcome.value = value;
    },
    (error: unknown) => {
      outcome.error = error;
    },
  );
  return outcome;
}
