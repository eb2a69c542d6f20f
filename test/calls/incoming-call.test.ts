import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/kernel/errors.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { SrtpPolicy } from '../../src/telephony/port.ts';
import { answerChallenge } from '../../src/telephony/sip/digest.ts';
import { callerId, callWorld, nothingLeft, type WorldOptions } from '../support/call-world.ts';
import { flowOf, from, to } from '../support/flow-builder.ts';
import { offerAt, rawCaller } from '../support/raw-caller.ts';

/** Speaks for two seconds and hangs up. */
const flow = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Served' }] });
const waiting = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });

/** A world whose phone is not there: its address is that of the carrier, of which the test says every word. */
function scene(options: Partial<WorldOptions> = {}, address = '10.0.0.2') {
  const world = callWorld({ flow, phoneIsThere: false, ...options });
  const caller = rawCaller(world, address);
  const session = () => [...world.sessions.values()][0];
  const finish = async (): Promise<void> => {
    await world.clock.advance(120_000);
    await caller.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, caller, session, finish };
}

describe('a call from the carrier of a trunk to a number of its account', () => {
  it('runs the flow of the number, and ends as the flow says', async () => {
    const { world, caller, session, finish } = scene();
    await caller.invite();
    expect(caller.statuses()).toEqual([100, 180, 200]);
    await caller.ack();
    await world.clock.advance(10_000);
    expect(caller.heard()).toBeGreaterThanOrEqual(100);
    expect(caller.requests('BYE')).toHaveLength(1);
    expect(session()).toMatchObject({
      row: {
        direction: 'inbound',
        fromAddress: '+18145550001',
        toAddress: callerId,
        endpointId: 'endpoint-1',
        trunkId: 'trunk-1',
        flowId: 'flow-1',
        flowVersion: 1,
        owner: 'worker-1',
      },
      callSid: 'call@10.0.0.2',
      callState: 'Disconnected',
      outcome: 'Served',
      sipCause: 200,
      lines: ['Called', 'Answered', 'Say (SayNode)', 'Say: Done', 'HangUp (HangUpNode)', 'Hung up'],
    });
    await finish();
  });

  it('is answered only when its session is on disk, and keeps what another process needs', async () => {
    let stored = (): void => {};
    const { world, caller, session, finish } = scene({
      flow: waiting,
      beforeStore: () =>
        new Promise((resolve) => {
          stored = resolve;
        }),
    });
    await caller.invite();
    await world.clock.advance(3_000);
    expect(caller.statuses()).toEqual([100, 180]);
    stored();
    await world.clock.advance(5);
    expect(caller.statuses()).toEqual([100, 180, 200]);
    await caller.ack();
    expect(session()?.state).toMatchObject({
      leg: { dialog: { role: 'uas', callId: 'call@10.0.0.2', phase: 'confirmed', invite: { acked: true } }, media: { codec: 'PCMU' } },
    });
    await caller.request('BYE', 2);
    expect(session()).toMatchObject({ outcome: 'CallerHungUp', sipCause: 200 });
    expect(session()?.lines.at(-1)).toBe('The caller hung up');
    await finish();
  });

  it('is refused with 503 when its session cannot be stored, and leaves nothing', async () => {
    const { caller, session, finish } = scene({ beforeStore: () => Promise.reject(new AppError('STORE_UNAVAILABLE', { seconds: 1 })) });
    await caller.invite();
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 180, 503]);
    expect(session()).toBeUndefined();
    await finish();
  });

  it('is told that the caller gave up, also while its session was being stored', async () => {
    let stored = (): void => {};
    const { world, caller, session, finish } = scene({
      beforeStore: () =>
        new Promise((resolve) => {
          stored = resolve;
        }),
    });
    await caller.invite();
    await caller.cancel();
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 180, 200, 487]);
    stored();
    await world.clock.advance(5);
    expect(session()).toMatchObject({ outcome: 'Cancelled', sipCause: 487, callState: 'Disconnected' });
    await finish();
  });

  it('is one session however often its INVITE is repeated', async () => {
    const { world, caller, finish } = scene({ flow: waiting });
    await caller.invite();
    await caller.invite();
    expect(caller.statuses()).toEqual([100, 180, 200]);
    expect(world.sessions.size).toBe(1);
    await caller.ack();
    await caller.request('BYE', 2);
    await finish();
  });

  it('takes the PRACK to a ringing that the caller wanted to be reliable', async () => {
    const { caller, session, finish } = scene({ flow: waiting });
    await caller.invite({ lines: ['Require: 100rel'] });
    const rSeq = caller.response(180)?.headers.first('RSeq');
    expect(rSeq).toBeDefined();
    await caller.request('PRACK', 2, [`RAck: ${rSeq} 1 INVITE`]);
    await caller.ack();
    await caller.request('BYE', 3);
    expect(session()?.outcome).toBe('CallerHungUp');
    await finish();
  });

  it('makes the offer when the caller wants one, and talks when the ACK has answered it', async () => {
    const { world, caller, session, finish } = scene();
    await caller.invite({ sdp: undefined });
    expect(caller.sdp()).toContain('RTP/AVP 0 8 ');
    await world.clock.advance(100);
    expect(caller.heard()).toBe(0);
    expect(session()?.lines).toEqual(['Called']);
    await caller.ack({ sdp: offerAt('10.0.0.2') });
    await world.clock.advance(10_000);
    expect(caller.heard()).toBeGreaterThanOrEqual(100);
    expect(session()?.outcome).toBe('Served');
    await finish();
  });

  it.each([
    ['nothing', undefined],
    ['what we do not have', offerAt('10.0.0.2').replace('RTP/AVP 0 101', 'RTP/AVP 3')],
  ])('hangs up when the ACK answers our offer with %s', async (_what, sdp) => {
    const { caller, session, finish } = scene();
    await caller.invite({ sdp: undefined });
    await caller.ack(sdp === undefined ? {} : { sdp });
    expect(caller.requests('BYE')).toHaveLength(1);
    expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 488 });
    await finish();
  });

  it('is refused with 488 when nothing of its offer can be taken', async () => {
    const { caller, session, finish } = scene();
    await caller.invite({ sdp: offerAt('10.0.0.2').replace('RTP/AVP 0 101', 'RTP/AVP 3') });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 180, 488]);
    expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 488 });
    await finish();
  });

  it('repeats the answer until its ACK comes, and hangs up when none does', async () => {
    const { world, caller, session, finish } = scene({ flow: waiting });
    await caller.invite();
    await world.clock.advance(3_600);
    expect(caller.statuses()).toEqual([100, 180, 200, 200, 200, 200]);
    await world.clock.advance(29_000);
    expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 408 });
    expect(caller.requests('BYE')).toHaveLength(1);
    await finish();
  });

  it('is hung up when the server stops, and calls after that are refused', async () => {
    const { world, caller, session, finish } = scene({ flow: waiting });
    await caller.invite();
    await caller.ack();
    await world.stop();
    await world.clock.advance(5);
    expect(caller.requests('BYE')).toHaveLength(1);
    expect(session()?.outcome).toBe('ServerShutDown');
    const other = rawCaller(world, '10.0.0.3');
    await other.invite();
    await other.ack({ refused: true });
    expect(other.statuses()).toEqual([100, 503]);
    expect(other.response(503)?.headers.first('Retry-After')).toBe('5');
    await other.close();
    await finish();
  });

  it('hands the values of the number to the public parameters of the flow', async () => {
    const greeting = {
      ...flowOf({ bye: ['HangUpNode', { Outcome: from('Session', 'Greeting') }] }),
      parameters: [{ name: 'Greeting', type: 'String', isPublic: true } as const],
    };
    const { caller, session, finish } = scene({ flow: greeting, numberFlow: { flowId: 'flow-1', parameters: { Greeting: 'Good day' } } });
    await caller.invite();
    await caller.ack();
    expect(session()?.outcome).toBe('Good day');
    await finish();
  });
});

describe('SRTP of incoming calls', () => {
  const key = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}`;
  const offers = { clear: offerAt('10.0.0.2'), keys: offerAt('10.0.0.2', 30_000, { protocol: 'RTP/SAVP', lines: [key] }) };

  it.each([
    ['off', 'clear', 200],
    ['off', 'keys', 488],
    ['optional', 'clear', 200],
    ['optional', 'keys', 200],
    ['required', 'clear', 488],
    ['required', 'keys', 200],
  ] as const)('a trunk with %s that offers %s: %i', async (srtp: SrtpPolicy, offer: keyof typeof offers, status) => {
    const { caller, session, finish } = scene({ srtp, flow: waiting });
    await caller.invite({ sdp: offers[offer] });
    await caller.ack({ refused: status !== 200 });
    expect(caller.statuses()).toEqual([100, 180, status]);
    if (status === 200) {
      expect(caller.sdp().includes('a=crypto:1 AES_CM_128_HMAC_SHA1_80')).toBe(offer === 'keys');
      expect(JSON.stringify(session()?.state)).not.toContain('inline');
      await caller.request('BYE', 2);
    }
    await finish();
  });
});

describe('who is called', () => {
  it.each([
    ['in the Request-URI', { dialled: callerId }],
    ['without +', { dialled: callerId.slice(1) }],
    ['with 00', { dialled: `00${callerId.slice(1)}` }],
    ['in To only', { dialled: 'trunk-user', to: callerId }],
  ])('is found %s', async (_where, invite) => {
    const { caller, session, finish } = scene();
    await caller.invite(invite);
    await caller.ack();
    expect(session()?.row.toAddress).toBe(callerId);
    await finish();
  });

  it.each([
    ['+18145550001', '+18145550001'],
    ['18145550001', '+18145550001'],
    ['alice', 'alice'],
    ['%00%0Aevil', 'evil'],
    ['a'.repeat(500), 'a'.repeat(64)],
  ])('and the caller %s is called %s', async (user, name) => {
    const { caller, session, finish } = scene();
    await caller.invite({ from: user });
    await caller.ack();
    expect(session()?.row.fromAddress).toBe(name);
    await finish();
  });
});

describe('a call that is refused leaves no session', () => {
  it.each([
    ['a number that the account does not own', { dialled: '+18005550199' }, {}, '10.0.0.2', 404, 'unknown-number'],
    ['a user that is no number', { dialled: '1000' }, {}, '10.0.0.2', 404, 'unknown-number'],
    ['a number without a flow', {}, { numberFlow: undefined }, '10.0.0.2', 404, 'no-flow'],
    ['a number with a flow that is gone', {}, { numberFlow: { flowId: 'gone', parameters: {} } }, '10.0.0.2', 404, 'no-flow'],
    ['any number, from an address that no trunk has', {}, {}, '10.0.0.3', 403, 'unknown-source'],
  ] as const)('to %s', async (_what, invite, options, address, status, reason) => {
    const { world, caller, finish } = scene(options, address);
    await caller.invite({ sdp: offerAt(address), ...invite });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, status]);
    expect(world.refused).toEqual([reason]);
    expect(world.sessions.size).toBe(0);
    await finish();
  });

  it('when the trunk has no channel left, and its channels count calls of both directions', async () => {
    const { world, caller, session, finish } = scene({ flow: waiting, maxChannels: 1 });
    await caller.invite();
    await caller.ack();
    await expect(world.call()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    await caller.invite({ callId: 'second' });
    expect(caller.statuses()).toEqual([100, 180, 200, 100, 503]);
    expect(caller.response(503)?.headers.first('Retry-After')).toBe('1');
    expect(world.sessions.size).toBe(1);
    expect(session()?.callState).toBe('Connected');
    await finish();
  });
});

describe('a call from the phone of a user', () => {
  const PHONE = '10.0.0.3';
  const userFlow = { flowId: 'flow-1', parameters: {} };

  /** Calls as a phone does: asked for a password, it acknowledges that and sends the INVITE again. */
  async function dial(made: ReturnType<typeof scene>, as: { user?: string; password?: string; dialled?: string; address?: string } = {}) {
    const { caller } = made;
    const { user = 'alice', dialled = '*98', address = PHONE } = as;
    const { password = `secret of ${user}` } = as;
    const invite = { dialled, from: user, sdp: offerAt(address) };
    await caller.invite({ ...invite, callId: 'first' });
    await caller.ack({ refused: true });
    const challenge = caller.response(407)?.headers.first('Proxy-Authenticate') ?? '';
    const uri = `sip:${dialled}@10.0.0.1`;
    const answer = answerChallenge({ challenge, method: 'INVITE', uri, userName: user, password, random: seededRandom(3), nonceCount: 1 });
    await caller.invite({ ...invite, callId: 'second', lines: [`Proxy-Authorization: ${answer}`] });
    return answer;
  }

  it('is asked for its password, and runs the flow of the user with what was dialled', async () => {
    const made = scene({ userFlow }, PHONE);
    const { world, caller, session, finish } = made;
    await dial(made);
    expect(caller.statuses()).toEqual([100, 407, 100, 180, 200]);
    await caller.ack();
    await world.clock.advance(10_000);
    expect(world.sessions.size).toBe(1);
    expect(session()).toMatchObject({
      row: { direction: 'inbound', fromAddress: 'alice', toAddress: '*98', endpointId: 'id of alice', flowId: 'flow-1' },
      outcome: 'Served',
    });
    expect(session()?.row.trunkId).toBeUndefined();
    expect(world.denied).toEqual(['unauthenticated']);
    await finish();
  });

  it('never reaches a trunk by itself: a number that it dials is data for the flow, and the only call is its own', async () => {
    const made = scene({ userFlow, phoneIsThere: true }, PHONE);
    const { world, caller, session, finish } = made;
    await dial(made, { dialled: '+18145559999' });
    await caller.ack();
    await world.clock.advance(10_000);
    expect(session()?.row.toAddress).toBe('+18145559999');
    expect(world.phoneEvents).toEqual([]);
    await finish();
  });

  it('is known where a carrier is too, on the same machine', async () => {
    const made = scene({ userFlow }, '10.0.0.2');
    await dial(made, { address: '10.0.0.2' });
    expect(made.caller.statuses()).toEqual([100, 407, 100, 180, 200]);
    await made.caller.ack();
    expect(made.session()?.row.endpointId).toBe('id of alice');
    await made.finish();
  });

  it.each([
    ['with a wrong password', { userFlow }, { password: 'guess' }, 'wrong-password'],
    ['as a user that does not exist', { userFlow }, { user: 'mallory' }, 'wrong-password'],
    ['of a user without a flow', { userFlow: undefined }, {}, undefined],
  ] as const)('%s is refused', async (_who, options, as, reason) => {
    const made = scene(options, PHONE);
    await dial(made, as);
    await made.caller.ack({ refused: true });
    expect(made.caller.statuses()).toEqual([100, 407, 100, 403]);
    expect(made.world.denied).toEqual(['unauthenticated', ...(reason === undefined ? [] : [reason])]);
    expect(made.world.sessions.size).toBe(0);
    await made.finish();
  });

  it('cannot be made with what was overheard', async () => {
    const made = scene({ userFlow, flow: waiting }, PHONE);
    const { caller, world, finish } = made;
    const overheard = await dial(made);
    await caller.ack();
    await caller.invite({ dialled: '*98', from: 'alice', callId: 'third', lines: [`Proxy-Authorization: ${overheard}`] });
    await caller.ack({ refused: true });
    expect(caller.statuses().slice(-2)).toEqual([100, 407]);
    expect(world.sessions.size).toBe(1);
    await finish();
  });

  it('is one of ten at most', async () => {
    const made = scene({ userFlow, flow: waiting, maxChannels: 1 }, PHONE);
    const { caller, world, finish } = made;
    await caller.invite({ dialled: '1', from: 'alice', callId: 'ask' });
    await caller.ack({ refused: true });
    const challenge = caller.response(407)?.headers.first('Proxy-Authenticate') ?? '';
    for (let nth = 1; nth <= 11; nth++) {
      const uri = 'sip:1@10.0.0.1';
      const answer = {
        challenge,
        method: 'INVITE',
        uri,
        userName: 'alice',
        password: 'secret of alice',
        random: seededRandom(nth),
        nonceCount: nth,
      };
      await caller.invite({
        dialled: '1',
        from: 'alice',
        callId: `call${nth}`,
        lines: [`Proxy-Authorization: ${answerChallenge(answer)}`],
      });
      await caller.ack({ refused: nth === 11 });
    }
    expect(caller.statuses().filter((status) => status === 200)).toHaveLength(10);
    expect(caller.statuses().at(-1)).toBe(503);
    expect(world.sessions.size).toBe(10);
    await world.stop();
    await finish();
  });
});
