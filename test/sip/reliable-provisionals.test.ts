import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import type { Verdict } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request, type SipScene, sipScene } from '../support/sip-agents.ts';
import { CONTACT, outcomeOf, rawCall, sdpOf } from '../support/sip-call.ts';

const never = new AbortController().signal;

/** A call with a reliable description of early media, answered after 2 s, in which anything may go wrong. */
async function earlyMedia(fault: (nth: number) => Verdict): Promise<readonly string[]> {
  let nth = 0;
  const states: Dialog[] = [];
  const scene: SipScene = sipScene(
    (invite) => {
      invite.ring(ANSWER);
      scene.clock.after(2_000, () => void invite.answer(sdpOf(1)).then((dialog) => states.push(dialog)));
    },
    () => fault(nth++),
  );
  const call = new CallLog();
  scene.caller.invite(request(), call);
  await scene.clock.advance(30_000);
  const seen = [...scene.seen];
  expect(
    call.events.filter((event) => event === '183' || event === 'answered'),
    seen.join(', '),
  ).toEqual(['183', 'answered']);
  expect(call.sdp).toBeUndefined();
  for (const dialog of [call.dialog, states[0]]) expect(dialog?.state).toMatchObject({ phase: 'confirmed', openOffer: 'none' });
  expect(call.dialog?.state).toMatchObject({ localSdp: OFFER, remoteSdp: ANSWER });
  expect(states[0]?.state).toMatchObject({ localSdp: ANSWER, remoteSdp: OFFER });
  await Promise.all([call.dialog?.bye(), scene.clock.advance(200_000)]);
  expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  return seen;
}

describe('early media that is described reliably', () => {
  it('is agreed on once, whichever of the messages is lost, late or doubled', async () => {
    const clean = await earlyMedia(() => 'pass');
    expect(clean.slice(0, 7)).toEqual(
      ['-> INVITE', '<- 100 INVITE', '<- 183 INVITE', '-> PRACK', '<- 200 PRACK', '<- 200 INVITE', '-> ACK', '-> BYE'].slice(0, 7),
    );
    for (const bad of ['drop', 'duplicate', { delayMs: 700 }, { delayMs: 3_000 }] as const) {
      for (const at of clean.keys()) await earlyMedia((nth) => (nth === at ? bad : 'pass'));
    }
  });

  it('holds up the 200 until it is acknowledged', async () => {
    let pracks = 0;
    let answered = false;
    const scene: SipScene = sipScene(
      (invite) => {
        invite.ring(ANSWER);
        void invite.answer(ANSWER).then(() => {
          answered = true;
        });
      },
      (bytes) => (Buffer.from(bytes).toString('latin1', 0, 5) === 'PRACK' && pracks++ === 0 ? 'drop' : 'pass'),
    );
    const call = new CallLog();
    scene.caller.invite(request(), call);
    await scene.clock.advance(400);
    expect([answered, scene.seen.includes('<- 200 INVITE')]).toEqual([false, false]);
    await scene.clock.advance(200);
    expect([answered, call.events.at(-1)]).toEqual([true, 'answered']);
    await scene.close();
  });

  it('can be changed by UPDATE from either side before the answer', async () => {
    const invites: IncomingInvite[] = [];
    const early: (Dialog | undefined)[] = [];
    const scene = sipScene((invite) => {
      invites.push(invite);
      invite.ring(ANSWER);
    });
    const call = new CallLog();
    call.provisional = (_status: number, _reason?: string, _sdp?: string, dialog?: Dialog) => early.push(dialog);
    scene.caller.invite(request(), call);
    await scene.clock.advance(100);
    const ours = early.at(-1);
    const theirs = invites[0]?.dialog;
    if (!ours || !theirs) throw new Error('The call does not ring');
    ours.onReinvite = () => sdpOf(11);
    theirs.onReinvite = () => sdpOf(12);
    const first = outcomeOf(ours.update(sdpOf(13), never));
    await scene.clock.advance(10);
    const second = outcomeOf(theirs.update(sdpOf(14), never));
    await scene.clock.advance(10);
    expect([first, second]).toEqual([{ value: sdpOf(12) }, { value: sdpOf(11) }]);
    void invites[0]?.answer(sdpOf(15));
    await scene.clock.advance(10);
    expect(call.dialog?.state).toMatchObject({ localSdp: sdpOf(11), remoteSdp: sdpOf(14), phase: 'confirmed', openOffer: 'none' });
    expect(theirs.state).toMatchObject({ localSdp: sdpOf(14), remoteSdp: sdpOf(11), phase: 'confirmed', openOffer: 'none' });
    const again = outcomeOf(ours.reinvite(sdpOf(16), never));
    await scene.clock.advance(10);
    expect(again).toEqual({ value: sdpOf(12) });
    await Promise.all([theirs.bye(), scene.clock.advance(200_000)]);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
  });
});

/** A peer that rings as the test says. */
async function ringing(more: Parameters<typeof request>[1] = {}) {
  const scene = sipScene(undefined);
  await scene.callee.close();
  const peer = new RawPeer(scene.network.wire('udp', CALLEE));
  const call = new CallLog();
  scene.caller.invite(request('udp', more), call);
  await scene.clock.advance(1);
  const made = rawCall(scene, peer, peer.last('INVITE'));
  const ring = async (rSeq: string, sdp?: string, tag = 'peer'): Promise<void> => {
    const headers = [CONTACT, ['Require', '100rel'], ['RSeq', rSeq]] as const;
    made.reply('INVITE', 183, { tag, headers, ...(sdp !== undefined && { sdp }) });
    await scene.clock.advance(1);
  };
  return { ...made, call, ring };
}

describe('a reliable provisional response', () => {
  it('is acknowledged by its number, once', async () => {
    const { peer, ring, call, reply, turn } = await ringing();
    await ring('7', ANSWER);
    await ring('7', ANSWER);
    expect(peer.names).toEqual(['INVITE', 'PRACK']);
    const { headers, uri } = peer.last('PRACK');
    expect([headers.first('RAck'), headers.first('CSeq'), uri]).toEqual(['7 1 INVITE', '2 PRACK', 'sip:bob@10.0.0.2:5060']);
    expect(call.events).toEqual(['sent', '183']);
    reply('PRACK', 200);
    await turn();
    reply('INVITE', 200, { tag: 'peer', headers: [CONTACT], sdp: sdpOf(9) });
    await turn();
    // The first answer holds (RFC 6337 section 3.1.1).
    expect([call.sdp, call.dialog?.state.remoteSdp]).toEqual([undefined, ANSWER]);
    expect(peer.last('ACK').headers.first('CSeq')).toBe('1 ACK');
    void call.dialog?.bye();
    await turn();
    expect(peer.last('BYE').headers.first('CSeq')).toBe('3 BYE');
  });

  it('that is not the next one is not looked at until it is', async () => {
    const { peer, ring, call } = await ringing();
    await ring('7');
    await ring('9');
    expect(peer.names).toEqual(['INVITE', 'PRACK']);
    await ring('8');
    await ring('9');
    expect(peer.names).toEqual(['INVITE', 'PRACK', 'PRACK', 'PRACK']);
    expect(call.events).toEqual(['sent', '183', '183', '183']);
  });

  it('of each fork has numbers of its own', async () => {
    const { peer, ring } = await ringing();
    await ring('7', undefined, 'a');
    await ring('3', undefined, 'b');
    expect(peer.received.map((message) => message.headers.first('RAck'))).toEqual([undefined, '7 1 INVITE', '3 1 INVITE']);
  });

  it.each(['0', '-1', '4294967296', 'x', ''])('with the number %j is an ordinary one', async (rSeq) => {
    const { peer, ring, call } = await ringing();
    await ring(rSeq);
    expect(peer.names).toEqual(['INVITE']);
    expect(call.events).toEqual(['sent', '183']);
  });

  it('that does not require 100rel is an ordinary one, whatever its number', async () => {
    const { peer, call, reply, turn } = await ringing();
    reply('INVITE', 183, { tag: 'peer', headers: [CONTACT, ['RSeq', '7']] });
    await turn();
    expect(peer.names).toEqual(['INVITE']);
    expect(call.events).toEqual(['sent', '183']);
  });

  it('brings the offer that we asked for, and its PRACK the answer', async () => {
    const { peer, ring, call, reply, turn } = await ringing({ offer: (offer) => (offer === ANSWER ? OFFER : undefined) });
    await ring('1', ANSWER);
    expect(Buffer.from(peer.last('PRACK').body).toString()).toBe(OFFER);
    reply('PRACK', 200);
    reply('INVITE', 200, { tag: 'peer', headers: [CONTACT] });
    await turn();
    expect(call.events).toEqual(['sent', '183', 'answered']);
    expect(peer.last('ACK').body).toHaveLength(0);
    expect(call.dialog?.state).toMatchObject({ localSdp: OFFER, remoteSdp: ANSWER, openOffer: 'none' });
  });

  it('with an offer that we cannot take ends the call', async () => {
    const { peer, ring, call, leftovers } = await ringing({ offer: () => undefined });
    await ring('1', ANSWER);
    expect(Buffer.from(peer.last('PRACK').body).toString()).toContain('m=audio 0 ');
    expect(peer.names).toEqual(['INVITE', 'PRACK', 'CANCEL']);
    expect(call.failure).toMatchObject({ status: 488 });
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('UPDATE in an early dialog', () => {
  it('with an offer of the peer gets 491 until the first offer is answered, then our answer', async () => {
    const { peer, ask, ring, call } = await ringing();
    call.provisional = (_status: number, _reason?: string, _sdp?: string, dialog?: Dialog) => {
      if (dialog) dialog.onReinvite = () => sdpOf(3);
    };
    await ring('1');
    await ask('UPDATE', sdpOf(2));
    expect(peer.names.at(-1)).toBe('491 UPDATE');
    await ring('2', ANSWER);
    await ask('UPDATE', sdpOf(2));
    expect(peer.names.at(-1)).toBe('200 UPDATE');
    expect(Buffer.from(peer.received.at(-1)?.body ?? []).toString()).toBe(sdpOf(3));
  });

  it('of ours waits while the peer has an offer to answer, as its 500 says', async () => {
    const { peer, ring, call, reply, turn, clock } = await ringing();
    let early: Dialog | undefined;
    call.provisional = (_status: number, _reason?: string, _sdp?: string, dialog?: Dialog) => {
      early = dialog;
    };
    await ring('1', ANSWER);
    const outcome = outcomeOf(early?.update(sdpOf(2), never) ?? Promise.reject(new Error('No early dialog')));
    await turn();
    reply('UPDATE', 500, { headers: [['Retry-After', '3']] });
    await clock.advance(2_990);
    expect(peer.names.filter((name) => name === 'UPDATE')).toHaveLength(1);
    await clock.advance(20);
    reply('UPDATE', 200, { sdp: sdpOf(4), headers: [CONTACT] });
    await turn();
    expect(outcome).toEqual({ value: sdpOf(4) });
  });
});

/** An INVITE to us from a peer of which the test says every word. */
async function called(lines: readonly string[], sdp: string | undefined, onInvite: (invite: IncomingInvite) => void) {
  const own = sipScene(onInvite);
  await own.caller.close();
  const peer = new RawPeer(own.network.wire('udp', CALLER));
  let cSeq = 0;
  const ask = async (method: string, more: readonly string[] = [], body?: string): Promise<SipResponse | undefined> => {
    if (method !== 'ACK') cSeq++;
    const tag = peer.received.map((message) => /tag=(\w+)/.exec(message.headers.first('To') ?? '')?.[1]).find(Boolean);
    const head = [
      `${method} sip:us@10.0.0.2 SIP/2.0`,
      `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${method}${cSeq}`,
      'From: <sip:them@10.0.0.1>;tag=theirs',
      `To: <sip:us@10.0.0.2>${method === 'INVITE' ? '' : `;tag=${tag}`}`,
      'Call-ID: call',
      `CSeq: ${cSeq} ${method}`,
      'Contact: <sip:them@10.0.0.1:5060>',
      ...more,
      ...(body === undefined ? [] : ['Content-Type: application/sdp']),
    ];
    peer.send(`${head.join('\n')}\n\n${body ?? ''}`, CALLEE);
    await own.clock.advance(2);
    return peer.received.filter((message) => message.kind === 'response').at(-1);
  };
  const first = await ask('INVITE', lines, sdp);
  const leftovers = async () => {
    await own.clock.advance(200_000);
    return [own.clock.pendingTimers, own.callee.liveTransactions, own.callee.liveDialogs];
  };
  return { scene: own, clock: own.clock, peer, ask, first, leftovers };
}

const rAckOf = (response: SipResponse | undefined): string => `RAck: ${response?.headers.first('RSeq')} 1 INVITE`;

describe('a caller that requires 100rel', () => {
  it('gets 180 reliably: repeated after 0.5, 1.5, 3.5 ... s until its PRACK', async () => {
    const { first, peer, clock, ask } = await called(['Require: 100rel'], OFFER, (invite) => invite.ring());
    expect([first?.status, first?.headers.first('Require')]).toEqual([180, '100rel']);
    expect(Number(first?.headers.first('RSeq'))).toBeGreaterThan(0);
    await clock.advance(3_600);
    expect(peer.names).toEqual(['100 INVITE', '180 INVITE', '180 INVITE', '180 INVITE', '180 INVITE']);
    expect((await ask('PRACK', [rAckOf(first)]))?.status).toBe(200);
    await clock.advance(20_000);
    expect(peer.names.filter((name) => name === '180 INVITE')).toHaveLength(4);
  });

  it.each([['RAck: 1 1 INVITE'], ['RAck: x'], []])('gets 481 for a PRACK with %j', async (...lines) => {
    const { ask } = await called(['Require: 100rel'], OFFER, (invite) => invite.ring());
    expect((await ask('PRACK', lines))?.status).toBe(481);
  });

  it('gets 481 for a PRACK that names another INVITE', async () => {
    const { first, ask } = await called(['Require: 100rel'], OFFER, (invite) => invite.ring());
    expect((await ask('PRACK', [rAckOf(first).replace(' 1 INVITE', ' 9 INVITE')]))?.status).toBe(481);
  });

  it('may send the PRACK that the 200 has overtaken, once', async () => {
    const { peer, ask } = await called(['Require: 100rel'], OFFER, (invite) => {
      invite.ring();
      void invite.answer(ANSWER);
    });
    expect(peer.names).toEqual(['100 INVITE', '180 INVITE', '200 INVITE']);
    const rAck = rAckOf(peer.received.filter((message) => message.kind === 'response')[1]);
    expect((await ask('PRACK', [rAck]))?.status).toBe(200);
    expect((await ask('PRACK', [rAck]))?.status).toBe(481);
  });

  it('and acknowledges nothing is refused with 504 after 32 s', async () => {
    let cancelled = 0;
    const { clock, peer, leftovers } = await called(['Require: 100rel'], OFFER, (invite) => {
      invite.onCancelled = () => cancelled++;
      invite.ring();
    });
    await clock.advance(32_100);
    expect([peer.names.at(-1), cancelled]).toEqual(['504 INVITE', 1]);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('gets the second response only when it has acknowledged the first', async () => {
    const { first, peer, ask, clock } = await called(['Require: 100rel'], OFFER, (invite) => {
      invite.ring();
      invite.ring(ANSWER);
    });
    expect(peer.names).toEqual(['100 INVITE', '180 INVITE']);
    await ask('PRACK', [rAckOf(first)]);
    await clock.advance(1);
    expect(peer.names).toEqual(['100 INVITE', '180 INVITE', '200 PRACK', '183 INVITE']);
    const second = peer.received.at(-1);
    expect(Number(second?.headers.first('RSeq'))).toBe(Number(first?.headers.first('RSeq')) + 1);
  });

  it('and cancels gets 487, and nothing is repeated', async () => {
    const { scene, peer, clock, leftovers } = await called(['Require: 100rel'], OFFER, (invite) => invite.ring(ANSWER));
    peer.send(
      'CANCEL sip:us@10.0.0.2 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKINVITE1\nFrom: <sip:them@10.0.0.1>;tag=theirs\nTo: <sip:us@10.0.0.2>\nCall-ID: call\nCSeq: 1 CANCEL\n\n',
      CALLEE,
    );
    await clock.advance(10_000);
    expect(peer.names.filter((name) => name === '183 INVITE')).toHaveLength(1);
    expect(scene.callee.liveDialogs).toBe(0);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });
});

describe('a caller that supports 100rel', () => {
  it('and offers nothing gets our offer early and answers it in the PRACK', async () => {
    const answers: string[] = [];
    let dialog: Dialog | undefined;
    const { first, ask, peer } = await called(['Supported: 100rel'], undefined, (invite) => {
      invite.ring(ANSWER);
      dialog = invite.dialog;
      if (dialog) dialog.onAnswer = (sdp) => answers.push(sdp);
      void invite.answer(ANSWER);
    });
    expect(Buffer.from(first?.body ?? []).toString()).toBe(ANSWER);
    expect(await ask('UPDATE', [], sdpOf(1))).toMatchObject({ status: 491 });
    await ask('PRACK', [rAckOf(first)], OFFER);
    expect(answers).toEqual([OFFER]);
    expect(peer.names.slice(-2)).toEqual(['200 PRACK', '200 INVITE']);
    expect(peer.received.at(-1)?.body).toHaveLength(0);
    expect(dialog?.state).toMatchObject({ localSdp: ANSWER, remoteSdp: OFFER, openOffer: 'none' });
  });

  it('gets 180 without it', async () => {
    const { first } = await called(['Supported: 100rel'], OFFER, (invite) => invite.ring());
    expect([first?.status, first?.headers.first('RSeq')]).toEqual([180, undefined]);
  });

  it('may offer something else in the PRACK', async () => {
    const { first, ask, peer } = await called(['Supported: 100rel'], OFFER, (invite) => {
      invite.ring(ANSWER);
      invite.ring(sdpOf(7));
      if (invite.dialog) invite.dialog.onReinvite = (offer) => (offer === sdpOf(1) ? sdpOf(2) : undefined);
    });
    await ask('PRACK', [rAckOf(first)], sdpOf(1));
    const [response, second] = peer.received.filter((message) => message.kind === 'response').slice(-2);
    expect([response?.status, Buffer.from(response?.body ?? []).toString()]).toEqual([200, sdpOf(2)]);
    // What is agreed on is described no more; another offer may be refused.
    expect([second?.status, second?.body.length]).toEqual([183, 0]);
    expect((await ask('PRACK', [rAckOf(second)], sdpOf(3)))?.status).toBe(488);
  });

  it('gets 500 for an UPDATE with an offer while its first has no answer', async () => {
    const { ask } = await called(['Supported: 100rel'], OFFER, (invite) => invite.ring());
    const response = await ask('UPDATE', [], sdpOf(1));
    expect([response?.status, response?.headers.first('Retry-After')]).toEqual([500, expect.stringMatching(/^(10|[0-9])$/)]);
  });
});

it('a caller that knows no 100rel is offered nothing early', async () => {
  const { first } = await called([], undefined, (invite) => invite.ring(ANSWER));
  expect([first?.status, first?.body.length, first?.headers.first('RSeq')]).toEqual([183, 0, undefined]);
});
