import { describe, expect, it } from 'vitest';
import { makeChallenge, verifyAuthorization } from '../../src/telephony/sip/digest.ts';
import type { Verdict } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CallLog, OFFER, request } from '../support/sip-agents.ts';
import { CONTACT, outcomeOf, sdpOf, toRawPeer, twoDialogs } from '../support/sip-call.ts';

const never = new AbortController().signal;
const HOLD = sdpOf(4000, 'sendonly');
const HELD = sdpOf(5000, 'recvonly');

/** One side holds while anything may go wrong. Answers what it got, and what was on the wire. */
async function hold(side: 'caller' | 'callee', fault: (nth: number) => Verdict) {
  const made = await twoDialogs();
  const { scene, faults } = made;
  const [ours, theirs] = side === 'caller' ? [made.caller, made.callee] : [made.callee, made.caller];
  theirs.onReinvite = () => HELD;
  let nth = 0;
  faults.filter = () => fault(nth++);
  const outcome = outcomeOf(ours.reinvite(HOLD, never));
  await scene.clock.advance(40_000);
  const seen = [...scene.seen];
  expect(outcome, seen.join(', ')).toEqual({ value: HELD });
  expect(ours.state).toMatchObject({ localSdp: HOLD, remoteSdp: HELD, openOffer: 'none', invite: { acked: true } });
  expect(theirs.state).toMatchObject({ localSdp: HELD, remoteSdp: HOLD, openOffer: 'none', invite: { acked: true } });
  faults.filter = undefined;
  await Promise.all([ours.bye(), scene.clock.advance(200_000)]);
  expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  return seen;
}

describe.each(['caller', 'callee'] as const)('a re-INVITE of the %s', (side) => {
  it('is answered and acknowledged, whichever of its messages is lost, late or doubled', async () => {
    const clean = await hold(side, () => 'pass');
    expect(clean.map((line) => line.slice(3))).toEqual(['INVITE', '200 INVITE', 'ACK']);
    for (const bad of ['drop', 'duplicate', { delayMs: 700 }, { delayMs: 3_000 }] as const) {
      for (const at of clean.keys()) await hold(side, (nth) => (nth === at ? bad : 'pass'));
    }
  });
});

describe('two re-INVITEs that collide', () => {
  it('get 491 and are sent again, first by the side that did not make the Call-ID', async () => {
    const { scene, caller, callee } = await twoDialogs();
    caller.onReinvite = () => sdpOf(1);
    callee.onReinvite = () => sdpOf(2);
    const ours = outcomeOf(caller.reinvite(sdpOf(3), never));
    const theirs = outcomeOf(callee.reinvite(sdpOf(4), never));
    await scene.clock.advance(2_050);
    expect(scene.seen.filter((line) => line.includes('491'))).toHaveLength(2);
    expect(theirs).toEqual({ value: sdpOf(1) });
    expect(ours).toEqual({});
    await scene.clock.advance(2_000);
    expect(ours).toEqual({ value: sdpOf(2) });
    expect([caller.state.localSdp, callee.state.localSdp]).toEqual([sdpOf(3), sdpOf(2)]);
    await Promise.all([caller.bye(), scene.clock.advance(200_000)]);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('are not sent again when nobody waits any more', async () => {
    const { peer, dialog, turn, reply, clock } = await toRawPeer();
    const giveUp = new AbortController();
    const outcome = outcomeOf(dialog.reinvite(HOLD, giveUp.signal));
    await turn();
    reply('INVITE', 491);
    await turn();
    giveUp.abort(new Error('enough'));
    await clock.advance(10_000);
    expect(outcome.error).toEqual(new Error('enough'));
    expect(peer.names).toEqual(['INVITE', 'ACK']);
  });

  it('end as refused when they never stop, each attempt with an offer of its own', async () => {
    const { peer, dialog, clock, scene } = await toRawPeer();
    let made = 0;
    peer.onMessage = (message, from) => {
      if (message.kind === 'request' && message.method === 'INVITE') peer.reply(message, 491, from);
    };
    const outcome = outcomeOf(dialog.reinvite(() => sdpOf(++made), never));
    await clock.advance(60_000);
    expect(outcome.error).toMatchObject({ name: 'RequestFailure', why: 'refused', status: 491 });
    expect([made, dialog.ended]).toEqual([9, false]);
    expect(scene.clock.pendingTimers).toBe(0);
  });
});

describe('a peer that answers our re-INVITE', () => {
  it('with 488 leaves everything as it was', async () => {
    const { peer, dialog, turn, reply } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    expect(Buffer.from(peer.last('INVITE').body).toString()).toBe(HOLD);
    reply('INVITE', 488);
    await turn();
    expect(outcome.error).toMatchObject({ why: 'refused', status: 488 });
    expect(dialog.state).toMatchObject({ localSdp: OFFER, remoteSdp: ANSWER, openOffer: 'none' });
    expect(dialog.ended).toBe(false);
  });

  it.each([408, 481])('with %i does not know the call: it is over, and gets a BYE', async (status) => {
    const { peer, dialog, turn, reply, call, leftovers } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    reply('INVITE', status);
    await turn();
    expect(outcome.error).toMatchObject({ why: 'refused', status });
    expect(call.end).toMatchObject({ by: 'error', status });
    expect(peer.names).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('with nothing at all is gone after 32 s', async () => {
    const { dialog, clock, call, leftovers } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await clock.advance(32_100);
    expect(outcome.error).toMatchObject({ why: 'timeout' });
    expect(call.end).toMatchObject({ by: 'error', status: 408 });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('with 100 only gets CANCEL, and the call goes on', async () => {
    const { peer, dialog, turn, reply, clock } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    reply('INVITE', 100);
    await clock.advance(32_100);
    expect(peer.names).toEqual(['INVITE', 'CANCEL']);
    reply('CANCEL', 200);
    reply('INVITE', 487);
    await turn();
    expect(outcome.error).toMatchObject({ why: 'refused', status: 487 });
    expect(dialog.ended).toBe(false);
  });

  it('with 100 only gets one CANCEL, also when nobody waits any more', async () => {
    const { peer, dialog, turn, reply, clock } = await toRawPeer();
    const aborted = new AbortController();
    void outcomeOf(dialog.reinvite(HOLD, aborted.signal));
    await turn();
    reply('INVITE', 100);
    await clock.advance(32_010);
    reply('CANCEL', 200);
    aborted.abort(new Error('enough'));
    await clock.advance(1000);
    expect(peer.names).toEqual(['INVITE', 'CANCEL']);
    reply('INVITE', 487);
    await turn();
    expect(dialog.ended).toBe(false);
  });

  it('with a challenge gets the password', async () => {
    const { peer, dialog, turn, reply } = await toRawPeer({ credentials: { userName: 'u', password: 'p' } });
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    const challenge = { realm: 'r', nonce: 'n', algorithm: 'SHA-256', qop: 'auth', stale: false } as const;
    reply('INVITE', 407, { headers: [['Proxy-Authenticate', makeChallenge(challenge)]] });
    await turn();
    const { headers, uri } = peer.last('INVITE');
    const authorization = headers.first('Proxy-Authorization') ?? '';
    expect(verifyAuthorization({ authorization, method: 'INVITE', uri, userName: 'u', password: 'p', challenge })).toBe('valid');
    expect(headers.first('CSeq')).toBe('3 INVITE');
    reply('INVITE', 200, { sdp: HELD, headers: [CONTACT] });
    await turn();
    expect(outcome).toEqual({ value: HELD });
    expect(peer.last('ACK').headers.first('CSeq')).toBe('3 ACK');
    expect(peer.last('ACK').headers.first('Proxy-Authorization')).toBe(authorization);
  });

  it('with another Contact is spoken to there, and each repetition of its 2xx gets the same ACK', async () => {
    const { peer, dialog, turn, reply, scene } = await toRawPeer();
    const moved = new RawPeer(scene.network.wire('udp', { address: '10.0.0.2', port: 5099 }));
    void dialog.reinvite(HOLD, never);
    await turn();
    reply('INVITE', 200, { sdp: HELD, headers: [['Contact', '<sip:bob@10.0.0.2:5099>']] });
    reply('INVITE', 200, { sdp: HELD, headers: [['Contact', '<sip:bob@10.0.0.2:5099>']] });
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    expect(moved.names).toEqual(['ACK', 'ACK']);
    expect(moved.received[0]).toEqual(moved.received[1]);
  });

  it('with a BYE ends the wait', async () => {
    const { dialog, turn, ask, call, leftovers } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    await ask('BYE');
    expect(outcome.error).toMatchObject({ why: 'ended' });
    expect(call.end?.by).toBe('peer');
    expect(await leftovers()).toEqual([0, 0, 0]);
    await expect(dialog.reinvite(HOLD, never)).rejects.toMatchObject({ why: 'ended' });
  });

  it('after we gave it up tells its answer to the owner of the dialog', async () => {
    const { peer, dialog, turn, reply } = await toRawPeer();
    const told: string[] = [];
    dialog.onAnswer = (sdp) => told.push(sdp);
    const giveUp = new AbortController();
    const outcome = outcomeOf(dialog.reinvite(HOLD, giveUp.signal));
    await turn();
    reply('INVITE', 100);
    await turn();
    giveUp.abort(new Error('enough'));
    await turn();
    expect(outcome.error).toEqual(new Error('enough'));
    reply('INVITE', 200, { sdp: HELD, headers: [CONTACT] });
    await turn();
    expect(peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(told).toEqual([HELD]);
    expect(dialog.state.remoteSdp).toBe(HELD);
  });
});

describe('while our re-INVITE has no answer', () => {
  it.each(['INVITE', 'UPDATE'])('an offer of the peer in %s gets 491', async (method) => {
    const { peer, dialog, turn, ask, reply } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    await ask(method, sdpOf(9));
    expect(peer.names).toEqual(['INVITE', ...(method === 'INVITE' ? ['491 INVITE'] : ['491 UPDATE'])]);
    reply('INVITE', 200, { sdp: HELD, headers: [CONTACT] });
    await turn();
    expect(outcome).toEqual({ value: HELD });
  });

  it('another one waits for it', async () => {
    const { peer, dialog, turn, reply } = await toRawPeer();
    const first = outcomeOf(dialog.reinvite(sdpOf(1), never));
    const second = outcomeOf(dialog.reinvite(sdpOf(2), never));
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    reply('INVITE', 200, { sdp: HELD, headers: [CONTACT] });
    await turn();
    expect([first, second]).toEqual([{ value: HELD }, {}]);
    expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect(Buffer.from(peer.last('INVITE').body).toString()).toBe(sdpOf(2));
  });
});

describe('a re-INVITE of ours', () => {
  it('waits for the ACK to an INVITE of the peer', async () => {
    const { peer, dialog, turn, ask } = await toRawPeer();
    await ask('INVITE', ANSWER);
    void dialog.reinvite(HOLD, never);
    await turn();
    expect(peer.names).toEqual(['200 INVITE']);
    await ask('ACK');
    expect(peer.names).toEqual(['200 INVITE', 'INVITE']);
  });

  it('without an offer asks for the one of the peer, and answers it in the ACK', async () => {
    const { peer, dialog, turn, reply } = await toRawPeer();
    dialog.onReinvite = (offer) => (offer === sdpOf(7) ? sdpOf(8) : undefined);
    const outcome = outcomeOf(dialog.reinvite(undefined, never));
    await turn();
    expect(peer.last('INVITE').body).toHaveLength(0);
    reply('INVITE', 200, { sdp: sdpOf(7), headers: [CONTACT] });
    await turn();
    expect(outcome).toEqual({ value: sdpOf(7) });
    expect(Buffer.from(peer.last('ACK').body).toString()).toBe(sdpOf(8));
    expect(dialog.state).toMatchObject({ localSdp: sdpOf(8), remoteSdp: sdpOf(7) });
  });

  it('without an offer ends the call when the one of the peer cannot be taken, with a valid answer', async () => {
    const { peer, dialog, turn, reply, call } = await toRawPeer();
    dialog.onReinvite = () => undefined;
    const outcome = outcomeOf(dialog.reinvite(undefined, never));
    await turn();
    reply('INVITE', 200, { sdp: sdpOf(7), headers: [CONTACT] });
    await turn();
    expect(outcome.error).toMatchObject({ why: 'refused' });
    expect(Buffer.from(peer.last('ACK').body).toString()).toContain('m=audio 0 RTP/AVP 0');
    expect(peer.names).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(call.end).toMatchObject({ by: 'error', status: 488 });
  });

  it('is given up when the user agent closes', async () => {
    const { dialog, turn, scene } = await toRawPeer();
    const outcome = outcomeOf(dialog.reinvite(HOLD, never));
    await turn();
    await scene.caller.close();
    expect(outcome.error).toMatchObject({ why: 'ended' });
    expect(scene.clock.pendingTimers).toBe(0);
  });
});

describe('a change by the peer whose body is no SDP', () => {
  it.each(['INVITE', 'UPDATE'])('is refused with 415 and changes nothing: %s', async (method) => {
    const { peer, dialog, ask } = await toRawPeer();
    const { localSdp, remoteSdp } = dialog.state;
    await ask(method, undefined, ['Content-Type: multipart/mixed;boundary=b', 'Content-Length: 6\n\n--b--\n']);
    const [answer] = peer.received;
    expect(answer).toMatchObject({ kind: 'response', status: 415 });
    expect(answer?.headers.first('Accept')).toContain('application/sdp, multipart/mixed');
    expect(dialog.state).toMatchObject({ localSdp, remoteSdp, openOffer: 'none' });
  });
});

describe('an INVITE without an offer', () => {
  it('answers the offer of the callee in the ACK', async () => {
    const { peer, dialog, call } = await toRawPeer({ offer: (offer) => (offer === ANSWER ? OFFER : undefined) });
    expect(call.sdp).toBe(ANSWER);
    expect(dialog.state).toMatchObject({ localSdp: OFFER, remoteSdp: ANSWER, openOffer: 'none' });
    expect(peer.received).toEqual([]);
  });

  it('ends when that offer cannot be taken', async () => {
    const { scene, caller } = await twoDialogs();
    const call = new CallLog();
    scene.caller.invite(request('udp', { offer: () => undefined }), call);
    await scene.clock.advance(100);
    expect(call.failure).toMatchObject({ why: 'response', status: 488 });
    expect(scene.seen).toEqual(['-> INVITE', '<- 100 INVITE', '<- 200 INVITE', '-> ACK', '-> BYE', '<- 200 BYE']);
    await Promise.all([caller.bye(), scene.clock.advance(200_000)]);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });

  it('is answered with our offer, and its ACK brings the answer', async () => {
    const { scene, caller, callee } = await twoDialogs({ offer: (offer) => `${offer}a=late\r\n` });
    expect(caller.state).toMatchObject({ localSdp: `${ANSWER}a=late\r\n`, remoteSdp: ANSWER });
    expect(callee.state).toMatchObject({ localSdp: ANSWER, remoteSdp: `${ANSWER}a=late\r\n`, openOffer: 'none' });
    await Promise.all([caller.bye(), scene.clock.advance(200_000)]);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });
});
