import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { SipMessage } from '../../src/telephony/sip/message.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { writeMessage } from '../../src/telephony/sip/write-message.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { askingPeer, statuses } from '../support/asking-peer.ts';
import { gatewayBody, multipartWire } from '../support/multipart-wire.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, startLine } from '../support/sip-agents.ts';
import { outcomeOf, sdpOf } from '../support/sip-call.ts';

const never = new AbortController().signal;

/** Two user agents, each of which is a gateway that writes descriptions beside something else. */
function gateways(onInvite: (invite: IncomingInvite) => void) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const wrapped: string[] = [];
  const note = (message: SipMessage): void => {
    wrapped.push(startLine(Buffer.from(writeMessage(message)).toString()));
  };
  const [caller, callee] = [CALLER, CALLEE].map(
    (local, index) =>
      new UserAgent({
        wires: [multipartWire(network.wire('tcp', local), note)],
        clock,
        random: seededRandom(index + 2),
        log: silentLogger,
        product: 'test',
        onInvite,
      }),
  );
  if (!caller || !callee) throw new Error('There are two');
  const leftovers = async () => {
    await clock.advance(200_000);
    return [clock.pendingTimers, ...[caller, callee].flatMap((agent) => [agent.liveTransactions, agent.liveDialogs])];
  };
  return { clock, caller, callee, wrapped, leftovers };
}

describe('a description that is a part of the body', () => {
  it('is read in INVITE, 183, PRACK, UPDATE, 200, re-INVITE and what answers them', async () => {
    let invite: IncomingInvite | undefined;
    const dialogs: Dialog[] = [];
    const scene = gateways((incoming) => {
      invite = incoming;
      incoming.ring(ANSWER);
    });
    const call = new CallLog();
    scene.caller.invite(request('tcp'), call);
    await scene.clock.advance(10);
    expect(invite?.sdp).toBe(OFFER);
    if (call.early) call.early.onReinvite = () => sdpOf(2);
    const early = outcomeOf(invite?.dialog?.update(sdpOf(1), never) ?? Promise.reject(new Error('No early dialog')));
    await scene.clock.advance(10);
    expect(early).toEqual({ value: sdpOf(2) });
    void invite?.answer(ANSWER).then((dialog) => dialogs.push(dialog));
    await scene.clock.advance(10);
    if (dialogs[0]) dialogs[0].onReinvite = () => sdpOf(4);
    const late = outcomeOf(call.dialog?.reinvite(sdpOf(3), never) ?? Promise.reject(new Error('No dialog')));
    await scene.clock.advance(10);
    expect(late).toEqual({ value: sdpOf(4) });
    expect(scene.wrapped).toEqual(['INVITE', '183 INVITE', 'UPDATE', '200 UPDATE', 'INVITE', '200 INVITE']);
    expect(call.dialog?.state).toMatchObject({ localSdp: sdpOf(3), remoteSdp: sdpOf(4) });
    expect(dialogs[0]?.state).toMatchObject({ localSdp: sdpOf(4), remoteSdp: sdpOf(3) });
    await Promise.all([call.dialog?.bye(), scene.clock.advance(100)]);
    expect(await scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('is read in a late offer: the 200, and the ACK that answers it', async () => {
    const dialogs: Dialog[] = [];
    const scene = gateways((invite) => void invite.answer(OFFER).then((dialog) => dialogs.push(dialog)));
    const call = new CallLog();
    scene.caller.invite(request('tcp', { offer: (offer) => (offer === OFFER ? ANSWER : undefined) }), call);
    await scene.clock.advance(10);
    expect(scene.wrapped).toEqual(['200 INVITE', 'ACK']);
    expect(dialogs[0]?.state).toMatchObject({ localSdp: OFFER, remoteSdp: ANSWER, openOffer: 'none' });
    await Promise.all([call.dialog?.bye(), scene.clock.advance(100)]);
    expect(await scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('is read in a late offer: the 183, and the PRACK that answers it', async () => {
    const dialogs: Dialog[] = [];
    const scene = gateways((invite) => {
      invite.ring(OFFER);
      void invite.answer(OFFER).then((dialog) => dialogs.push(dialog));
    });
    const call = new CallLog();
    scene.caller.invite(request('tcp', { offer: (offer) => (offer === OFFER ? ANSWER : undefined) }), call);
    await scene.clock.advance(10);
    expect(scene.wrapped).toEqual(['183 INVITE', 'PRACK']);
    expect(dialogs[0]?.state).toMatchObject({ localSdp: OFFER, remoteSdp: ANSWER, openOffer: 'none' });
    await Promise.all([call.dialog?.bye(), scene.clock.advance(100)]);
    expect(await scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('an INVITE with other parts beside the description', () => {
  const type = 'multipart/mixed;boundary=gateway';
  it('is taken while they may be ignored', async () => {
    const offers: (string | undefined)[] = [];
    const { ask, leftovers } = askingPeer({
      onInvite: (invite) => {
        offers.push(invite.sdp);
        invite.reject(486);
      },
    });
    expect(statuses(await ask('INVITE', { type, sdp: gatewayBody(OFFER) }))).toEqual([100, 486]);
    expect(offers).toEqual([OFFER]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is refused with 415 when one of them must be understood', async () => {
    const { ask, leftovers } = askingPeer();
    const [refused] = await ask('INVITE', { type, sdp: gatewayBody(OFFER).replace('handling=optional', 'handling=required') });
    expect(refused?.status).toBe(415);
    expect(refused?.headers.first('Accept')).toContain('multipart/mixed');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});
