import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/kernel/errors.ts';
import type { IncomingCall, SrtpPolicy } from '../../src/telephony/port.ts';
import { callerId } from '../support/call-world.ts';
import { flowOf, from } from '../support/flow-builder.ts';
import { incomingScene, waiting } from '../support/incoming-scene.ts';
import { offerAt, rawCaller } from '../support/raw-caller.ts';

describe('a call from the carrier of a trunk to a number of its account', () => {
  it('runs the flow of the number, and ends as the flow says', async () => {
    const { world, caller, session, finish } = incomingScene();
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

  it.each([
    [['PCMA'], '8 101'],
    [['PCMA', 'PCMU'], '0 101'],
  ] as const)('is answered in a codec of its trunk (%s), the first that the caller has', async (codecs, formats) => {
    const { caller, session, finish } = incomingScene({ trunk: { codecs } });
    await caller.invite({ sdp: offerAt('10.0.0.2').replace('0 101', '0 8 101') });
    await caller.ack();
    expect(/RTP\/AVP (.*)\r/.exec(caller.sdp())?.[1]).toBe(formats);
    await finish();
    expect(session()?.outcome).toBe('Served');
  });

  it('leaves no timer that outlives those of SIP', async () => {
    const { world, caller, session, finish } = incomingScene();
    await caller.invite();
    await caller.ack();
    await world.clock.advance(10_000);
    expect(session()?.callState).toBe('Disconnected');
    // A transaction may last 32 s, in which the ringing would not have been over, nor the peer have been asked.
    await world.clock.advance(35_000);
    expect(world.clock.pendingTimers).toBe(0);
    await finish();
  });

  it('is refused when it has no codec of its trunk', async () => {
    const { caller, finish } = incomingScene({ trunk: { codecs: ['opus'] } });
    await caller.invite({ sdp: offerAt('10.0.0.2').replace('0 101', '0 8 101') });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 488]);
    await finish();
  });

  it('is answered only when its session is on disk, and keeps what another process needs', async () => {
    let stored = (): void => {};
    const { world, caller, session, finish } = incomingScene({
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
    const { caller, session, finish } = incomingScene({
      beforeStore: () => Promise.reject(new AppError('STORE_UNAVAILABLE', { seconds: 1 })),
    });
    await caller.invite();
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 180, 503]);
    expect(session()).toBeUndefined();
    await finish();
  });

  it('is refused with 500 when something fails that nobody has thought of', async () => {
    const { world, caller, finish } = incomingScene({ beforeLoad: () => Promise.reject(new TypeError('a mistake')) });
    await caller.invite();
    await caller.ack({ refused: true });
    expect([caller.statuses(), world.refused]).toEqual([[100, 500], ['failed']]);
    await finish();
  });

  it('is refused after a minute when nobody has decided on it, and stays so when somebody does', async () => {
    let decide = (): void => {};
    const decided = new Promise<void>((resolve) => {
      decide = resolve;
    });
    const { world, caller, session, finish } = incomingScene({ beforeLoad: () => decided });
    await caller.invite();
    await world.clock.advance(59_000);
    expect(caller.statuses()).toEqual([100]);
    await world.clock.advance(1_000);
    await caller.ack({ refused: true });
    decide();
    await world.clock.advance(1_000);
    expect(caller.statuses()).toEqual([100, 480]);
    expect(session()).toMatchObject({ outcome: 'NoAnswer', sipCause: 480 });
    await finish();
  });

  it('is not refused any more once it is answered', async () => {
    const { world, caller, session, finish } = incomingScene({ flow: waiting });
    const calls: IncomingCall[] = [];
    const take = world.service.incoming.bind(world.service);
    world.service.incoming = (call) => {
      calls.push(call);
      take(call);
    };
    await caller.invite();
    await caller.ack();
    for (const call of calls) call.reject(603);
    await world.clock.advance(1_000);
    expect([calls.length, caller.statuses(), caller.requests('BYE')]).toEqual([1, [100, 180, 200], []]);
    await caller.request('BYE', 2);
    expect(session()?.outcome).toBe('CallerHungUp');
    await finish();
  });

  it('is told that the caller gave up, also while its session was being stored', async () => {
    let stored = (): void => {};
    const { world, caller, session, finish } = incomingScene({
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
    const { world, caller, finish } = incomingScene({ flow: waiting });
    await caller.invite();
    await caller.invite();
    expect(caller.statuses()).toEqual([100, 180, 200]);
    expect(world.sessions.size).toBe(1);
    await caller.ack();
    await caller.request('BYE', 2);
    await finish();
  });

  it('takes the PRACK to a ringing that the caller wanted to be reliable', async () => {
    const { caller, session, finish } = incomingScene({ flow: waiting });
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
    const { world, caller, session, finish } = incomingScene();
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
    const { caller, session, finish } = incomingScene();
    await caller.invite({ sdp: undefined });
    await caller.ack(sdp === undefined ? {} : { sdp });
    expect(caller.requests('BYE')).toHaveLength(1);
    expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 488 });
    await finish();
  });

  it('is refused with 488 when nothing of its offer can be taken', async () => {
    const { caller, session, finish } = incomingScene();
    await caller.invite({ sdp: offerAt('10.0.0.2').replace('RTP/AVP 0 101', 'RTP/AVP 3') });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 488]);
    expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 488 });
    await finish();
  });

  it('repeats the answer until its ACK comes, and hangs up when none does', async () => {
    const { world, caller, session, finish } = incomingScene({ flow: waiting });
    await caller.invite();
    await world.clock.advance(3_600);
    expect(caller.statuses()).toEqual([100, 180, 200, 200, 200, 200]);
    await world.clock.advance(29_000);
    expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 408 });
    expect(caller.requests('BYE')).toHaveLength(1);
    await finish();
  });

  it('is hung up when the server stops, and calls after that are refused', async () => {
    const { world, caller, session, finish } = incomingScene({ flow: waiting });
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
    const { caller, session, finish } = incomingScene({
      flow: greeting,
      numberFlow: { flowId: 'flow-1', parameters: { Greeting: 'Good day' } },
    });
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
    const { caller, session, finish } = incomingScene({ srtp, flow: waiting });
    await caller.invite({ sdp: offers[offer] });
    await caller.ack({ refused: status !== 200 });
    expect(caller.statuses()).toEqual(status === 200 ? [100, 180, 200] : [100, 488]);
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
    const { caller, session, finish } = incomingScene();
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
    const { caller, session, finish } = incomingScene();
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
    const { world, caller, finish } = incomingScene(options, address);
    await caller.invite({ sdp: offerAt(address), ...invite });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, status]);
    expect(world.refused).toEqual([reason]);
    expect(world.sources).toEqual([`${reason} ${address}`]);
    expect(world.sessions.size).toBe(0);
    await finish();
  });

  it('when the trunk has no channel left, and its channels count calls of both directions', async () => {
    const { world, caller, session, finish } = incomingScene({ flow: waiting, maxChannels: 1 });
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
