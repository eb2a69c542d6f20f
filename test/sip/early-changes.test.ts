import { describe, expect, it } from 'vitest';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { askingPeer, tagIn } from '../support/asking-peer.ts';
import { ANSWER, CALLER, OFFER } from '../support/sip-agents.ts';
import { CONTACT, invitingRawPeer, outcomeOf, rawCall, sdpOf } from '../support/sip-call.ts';

// Changes of the session that we ask for before the call is answered: which of our messages they wait for.

const never = new AbortController().signal;

/** A peer whose INVITE rings here, with a description that is sent reliably. */
async function calledReliably(sdp: string | undefined) {
  let invite: IncomingInvite | undefined;
  const made = askingPeer({
    onInvite: (received) => {
      invite = received;
      received.ring();
    },
  });
  const [, ringing] = await made.ask('INVITE', { lines: ['Supported: 100rel'], ...(sdp !== undefined && { sdp }) });
  const dialog = invite?.dialog;
  if (!invite || !dialog) throw new Error('The call does not ring');
  const toTag = tagIn(ringing);
  let cSeq = 1;
  const ask = (method: string, more: { sdp?: string; lines?: readonly string[]; cSeq?: number } = {}): Promise<SipResponse[]> =>
    made.ask(method, { toTag, cSeq: ++cSeq, ...more });
  return {
    ...made,
    invite,
    dialog,
    ask,
    /** Acknowledges the latest reliable response. */
    prack: (answer?: string) => {
      const rSeq = made.peer.received.findLast(({ headers }) => headers.first('RSeq'))?.headers.first('RSeq');
      return ask('PRACK', { lines: [`RAck: ${rSeq} 1 INVITE`], ...(answer !== undefined && { sdp: answer }) });
    },
    /** What the peer has got since the ringing, without repetitions. */
    got: () => [...new Set(made.peer.names.slice(2))],
  };
}

describe('a change of ours in a call that rings here', () => {
  it('by UPDATE waits for the PRACK to our answer, though it was asked for before that', async () => {
    const { invite, dialog, clock, prack, got } = await calledReliably(OFFER);
    void outcomeOf(dialog.update(sdpOf(4000), never));
    invite.ring(ANSWER);
    await clock.advance(600);
    expect(got()).toEqual(['183 INVITE']);
    await prack();
    expect(got()).toEqual(['183 INVITE', '200 PRACK', 'UPDATE']);
  });

  it('by UPDATE waits for the PRACK to the last of our responses', async () => {
    const { invite, dialog, prack, got, clock } = await calledReliably(OFFER);
    invite.ring(ANSWER);
    invite.ring(ANSWER);
    void outcomeOf(dialog.update(sdpOf(4000), never));
    await clock.advance(10);
    await prack();
    expect(got()).toEqual(['183 INVITE', '200 PRACK']);
    await prack();
    expect(got()).toEqual(['183 INVITE', '200 PRACK', 'UPDATE']);
  });

  it('by UPDATE waits for the answer that a PRACK brings to our offer', async () => {
    const { invite, dialog, prack, got, clock } = await calledReliably(undefined);
    invite.ring(ANSWER);
    const change = outcomeOf(dialog.update(sdpOf(4000), never));
    await clock.advance(10);
    expect(got()).toEqual(['183 INVITE']);
    await prack(OFFER);
    expect(got()).toEqual(['183 INVITE', '200 PRACK', 'UPDATE']);
    expect([change, dialog.state.remoteSdp]).toEqual([{}, OFFER]);
  });

  it('by re-INVITE waits for the ACK to the 200', async () => {
    const { invite, dialog, ask, got, clock } = await calledReliably(OFFER);
    void outcomeOf(dialog.reinvite(sdpOf(4000), never));
    void invite.answer(ANSWER);
    await clock.advance(100);
    expect(got()).toEqual(['200 INVITE']);
    await ask('ACK', { cSeq: 1 });
    expect(got()).toEqual(['200 INVITE', 'INVITE']);
  });
});

it('a PRACK without the answer that it owes leaves nothing open: the peer may offer', async () => {
  const { invite, dialog, prack, ask, clock } = await calledReliably(undefined);
  invite.ring(ANSWER);
  dialog.onReinvite = () => sdpOf(5000);
  await clock.advance(10);
  const [acknowledged] = await prack();
  const [changed] = await ask('UPDATE', { sdp: sdpOf(4000) });
  expect([acknowledged?.status, changed?.status, dialog.state.remoteSdp]).toEqual([200, 200, sdpOf(4000)]);
});

it('a change of ours by UPDATE in a call that rings there waits for the answer that comes reliably', async () => {
  const { scene, peer, call } = await invitingRawPeer();
  const invite = peer.last('INVITE');
  const ring = async (rSeq: string, sdp?: string): Promise<void> => {
    const headers = [CONTACT, ['Require', '100rel'], ['RSeq', rSeq]] as const;
    peer.reply(invite, 183, CALLER, { tag: 'peer', headers, ...(sdp !== undefined && { sdp }) });
    await scene.clock.advance(1);
  };
  await ring('1');
  void outcomeOf(call.early?.update(sdpOf(4000), never) ?? Promise.reject(new Error('There is no early dialog')));
  await scene.clock.advance(100);
  expect(peer.names).toEqual(['INVITE', 'PRACK']);
  await ring('2', ANSWER);
  expect(peer.names).toEqual(['INVITE', 'PRACK', 'PRACK', 'UPDATE']);
  await scene.close();
});

it('an offer of ours that is open when the 200 comes stays open: one of the peer that crosses it gets 491', async () => {
  const { scene, peer, call } = await invitingRawPeer();
  const invite = peer.last('INVITE');
  const { ask, turn } = rawCall(scene, peer, invite);
  peer.reply(invite, 183, CALLER, { tag: 'peer', sdp: ANSWER, headers: [CONTACT, ['Require', '100rel'], ['RSeq', '1']] });
  await turn();
  void outcomeOf(call.early?.update(sdpOf(4000), never) ?? Promise.reject(new Error('There is no early dialog')));
  await turn();
  peer.reply(invite, 200, CALLER, { tag: 'peer', headers: [CONTACT] });
  await turn();
  await ask('UPDATE', sdpOf(5000));
  expect(peer.names).toEqual(['INVITE', 'PRACK', 'UPDATE', 'ACK', '491 UPDATE']);
  await scene.close();
});
