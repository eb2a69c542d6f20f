import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/kernel/clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { callWorld, manager, nothingLeft, numberToDial, PHONE, type WorldOptions } from '../support/call-world.ts';
import { carrier, plainTrunk, targetAt } from '../support/carriers.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';

const flow = flowOf({ say: ['SayNode', { WhatToSay: '0123456789', Done: to('bye') }], bye: ['HangUpNode'] });
const FIRST = '10.0.1.1';
const EARLY = 'v=0\r\no=- 7 1 IN IP4 10.0.1.1\r\ns=-\r\nc=IN IP4 10.0.1.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n';

/** The first target does as `behave` says; the second is a phone that answers. */
async function afterFirst(behave: ((invite: IncomingInvite, clock: Clock) => void) | undefined, more: Partial<WorldOptions> = {}) {
  const targets = [targetAt(FIRST), targetAt(PHONE, { priority: 1 })];
  const world = callWorld({ flow, targets, ...more });
  const first = behave && carrier(world, FIRST, (invite) => behave(invite, world.clock));
  const startMs = world.clock.now();
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  await first?.close();
  return { world, session, first, tookMs: (session.endedAtMs ?? 0) - startMs, left: await world.finish() };
}

describe('the next target of a trunk', () => {
  it.each([500, 502, 503, 504, 580])('is called when one answers with %i', async (status) => {
    const { session, world, first, left } = await afterFirst((invite) => invite.reject(status));
    expect(session.outcome).toBe('Completed');
    expect(first?.invites.length).toBe(1);
    expect(world.phoneEvents.map(({ event }) => event)).toContain('answered');
    expect(session.lines.slice(0, 4)).toEqual([
      'Calling',
      expect.stringMatching(new RegExp(`^10\\.0\\.1\\.1:5060: .*\\(SIP ${status} .*\\); trying 10\\.0\\.0\\.2:5060$`)),
      'Ringing',
      'Answered',
    ]);
    expect(left).toEqual(nothingLeft);
  });

  it('is called after six seconds when one is silent, which is then sent no INVITE any more', async () => {
    let invites = 0;
    const { session, world, left } = await afterFirst(undefined, {
      filter: (bytes, _from, { address }) => {
        if (address === FIRST && Buffer.from(bytes).toString().startsWith('INVITE')) invites++;
        return 'pass';
      },
    });
    expect(session.outcome).toBe('Completed');
    expect(invites).toBe(4);
    const atMs = world.phoneEvents[0]?.atMs ?? 0;
    expect(atMs - (session.times[0]?.atMs ?? 0)).toBe(6000);
    expect(left).toEqual(nothingLeft);
  });

  it('is not called when one asks for credentials after five seconds, and answers five seconds after it got them', async () => {
    const { session, world, first, left } = await afterFirst(
      (invite, clock) => {
        const isChallenged = invite.headers.first('Proxy-Authorization') !== undefined;
        const challenge = [['Proxy-Authenticate', 'Digest realm="carrier", nonce="n"']] as const;
        clock.after(5000, () => (isChallenged ? invite.reject(486) : invite.reject(407, undefined, challenge)));
      },
      {
        credentials: { userName: 'ada', password: 'secret' },
        // The 100 is what a carrier sends that does not take its time.
        filter: (bytes) => (Buffer.from(bytes).toString().startsWith('SIP/2.0 100') ? 'drop' : 'pass'),
      },
    );
    expect(session).toMatchObject({ outcome: 'Busy', sipCause: 486 });
    expect(first?.invites.length).toBe(2);
    expect(world.phoneEvents).toEqual([]);
    expect(left).toEqual(nothingLeft);
  });

  it('is called at once when one cannot be connected to', async () => {
    const targets = [targetAt(FIRST, { transport: 'tcp' }), targetAt(PHONE, { priority: 1 })];
    const { session, tookMs, left } = await afterFirst(undefined, { targets });
    expect(session.outcome).toBe('Completed');
    expect(tookMs).toBeLessThan(2000);
    expect(left).toEqual(nothingLeft);
  });

  it('is called after a 183 with early media that ends in 5xx, on a leg of its own with keys of its own', async () => {
    const offers: string[] = [];
    const { session, world, left } = await afterFirst(
      (invite, clock) => {
        offers.push(invite.sdp ?? '');
        const tag = /a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 /.exec(invite.sdp ?? '')?.[1];
        const key = Buffer.alloc(30, 7).toString('base64');
        invite.ring(`${EARLY.replace('RTP/AVP', 'RTP/SAVP')}a=crypto:${tag} AES_CM_128_HMAC_SHA1_80 inline:${key}\r\n`);
        clock.after(400, () => invite.reject(500));
      },
      {
        srtp: 'required',
        flow: flowOf({
          ask: ['GatherNode', { Prompt: '0123456789', MaxDigits: 3, Digits: into('Entered'), Done: to('bye') }],
          bye: ['HangUpNode', { Outcome: from('Session', 'Entered') }],
        }),
        phone: { digits: '123', digitsAfterMs: 600 },
        filter: (bytes, _from, { address }) => {
          const text = Buffer.from(bytes).toString();
          if (address === PHONE && text.startsWith('INVITE')) offers.push(text.slice(text.indexOf('\r\n\r\n') + 4));
          return 'pass';
        },
      },
    );
    // Each side hears the other, with the keys of the second target.
    expect(session.outcome).toBe('123');
    const { digits, packetsReceived = 0, packetsUnauthentic = 0 } = session.mediaReport ?? {};
    expect([digits, packetsReceived > 20, packetsUnauthentic]).toEqual([3, true, 0]);
    expect(world.phoneEvents.map(({ event }) => event)).toEqual(expect.arrayContaining(['answered', 'first-audio']));
    const keys = offers.map((sdp) => /inline:(\S+)/.exec(sdp)?.[1]);
    const ports = offers.map((sdp) => /m=audio (\d+)/.exec(sdp)?.[1]);
    expect(keys.length).toBe(2);
    expect(new Set(keys).size).toBe(2);
    expect(new Set(ports).size).toBe(2);
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    [486, 'Busy'],
    [404, 'NumberNotFound'],
    [480, 'NoAnswer'],
    [403, 'Rejected'],
    [600, 'Busy'],
    [603, 'Rejected'],
  ])('is not called after a %i, which says that the callee or the number is the cause', async (status, outcome) => {
    const { session, world, left } = await afterFirst((invite) => invite.reject(status));
    expect(session).toMatchObject({ outcome, sipCause: status });
    expect(world.phoneEvents).toEqual([]);
    expect(left).toEqual(nothingLeft);
  });

  it.each([500, 503])('is not called when a phone has rung before the %i: no phone rings twice', async (status) => {
    const { session, world, left } = await afterFirst((invite, clock) => {
      invite.ring();
      clock.after(2000, () => invite.reject(status));
    });
    expect(session.sipCause).toBe(status);
    expect(world.phoneEvents).toEqual([]);
    expect(left).toEqual(nothingLeft);
  });

  it('is not called when nobody answers at the first', async () => {
    const { session, world, left } = await afterFirst((invite) => invite.ring(), { ringTimeoutMs: 20_000 });
    expect(session.outcome).toBe('NoAnswer');
    expect(world.phoneEvents).toEqual([]);
    expect(left).toEqual(nothingLeft);
  });

  it('is called over when the last one fails too, with the outcome of the last', async () => {
    const targets = [targetAt(FIRST), targetAt(PHONE, { priority: 1 })];
    const { session, left } = await afterFirst((invite) => invite.reject(503), { targets, phone: { reject: 500, ring: false } });
    expect(session).toMatchObject({ outcome: 'Failed', sipCause: 500 });
    expect(left).toEqual(nothingLeft);
  });

  it('is not called when the call was ended meanwhile, or while its port is taken', async () => {
    for (const afterMs of [100, 3000, 5999, 6000]) {
      const world = callWorld({ flow, targets: [targetAt(FIRST), targetAt(PHONE, { priority: 1 })] });
      const session = await world.call();
      await world.clock.advance(afterMs);
      const ended = world.service.end(manager, session.row.id);
      expect(await world.over(session)).toBe(true);
      await ended;
      expect(session.outcome).toBe('Cancelled');
      expect(world.phoneEvents.map(({ event }) => event)).not.toContain('answered');
      expect(await world.finish()).toEqual(nothingLeft);
    }
  });

  it('gets a share of the calls as its weight says', async () => {
    const world = callWorld({ flow, maxChannels: 100, targets: [targetAt(FIRST, { weight: 1 }), targetAt(PHONE, { weight: 3 })] });
    const first = carrier(world, FIRST, (invite) => invite.reject(486));
    for (let call = 0; call < 60; call++) {
      const session = await world.call();
      await world.clock.runUntil(() => session.endedAtMs !== undefined, 60_000);
    }
    expect(first.invites.length).toBeGreaterThan(6);
    expect(first.invites.length).toBeLessThan(25);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a target that is silent', () => {
  it('and rings after all when another has the call is cancelled', async () => {
    const invites: IncomingInvite[] = [];
    const cancelled: string[] = [];
    const world = callWorld({
      flow: flowOf({ wait: ['WaitNode', { Timeout: 60 }] }),
      targets: [targetAt(FIRST), targetAt(PHONE, { priority: 1 })],
      // What the first target says takes eight seconds.
      filter: (_bytes, { address }) => (address === FIRST ? { delayMs: 8000 } : 'pass'),
    });
    const first = carrier(world, FIRST, (invite) => {
      invites.push(invite);
      invite.onCancelled = () => cancelled.push(invite.callId);
      invite.ring();
    });
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined, 20_000);
    await world.clock.advance(10_000);
    expect(cancelled).toEqual([invites[0]?.callId]);
    expect(session.endedAtMs).toBeUndefined();
    await world.stop();
    await world.clock.advance(60_000);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('the next trunk of the account', () => {
  const other = plainTrunk(PHONE, { trunkId: 'trunk-2', maxChannels: 1 });

  it('takes the call when the targets of the first are used up, and the session says so', async () => {
    const { session, left } = await afterFirst((invite) => invite.reject(503), { targets: [targetAt(FIRST)], otherTrunks: [other] });
    expect(session).toMatchObject({ outcome: 'Completed', trunkId: 'trunk-2' });
    expect(left).toEqual(nothingLeft);
  });

  it('is passed over when it has no channel; the call ends with what became of the first attempt', async () => {
    const { session, left } = await afterFirst((invite) => invite.reject(503), {
      targets: [targetAt(FIRST)],
      otherTrunks: [{ ...other, maxChannels: 0 }],
    });
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 503 });
    expect(left).toEqual(nothingLeft);
  });

  it('does not take a call that must use the first', async () => {
    const world = callWorld({ flow, targets: [targetAt(FIRST)], otherTrunks: [other] });
    const first = carrier(world, FIRST, (invite) => invite.reject(503));
    const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial: '+18144043093', trunkId: 'trunk-1' });
    const session = world.sessions.get(id ?? '');
    expect(session && (await world.over(session))).toBe(true);
    expect(session?.outcome).toBe('Unreachable');
    expect(world.phoneEvents).toEqual([]);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('is chosen by the longest prefix of the number', async () => {
    const near = plainTrunk(PHONE, { trunkId: 'trunk-2', prefixes: ['+1814', '+49'] });
    const { session, first, left } = await afterFirst((invite) => invite.reject(486), { targets: [targetAt(FIRST)], otherTrunks: [near] });
    expect(session).toMatchObject({ outcome: 'Completed', row: { trunkId: 'trunk-2' } });
    expect(first?.invites).toEqual([]);
    expect(left).toEqual(nothingLeft);
  });

  it('takes calls at once for which the first trunk has no channel left, and none when neither has', async () => {
    const world = callWorld({ flow: flowOf({ wait: ['WaitNode', { Timeout: 60 }] }), maxChannels: 1, otherTrunks: [other] });
    const sessions = [await world.call(), await world.call()];
    expect(sessions.map(({ row }) => row.trunkId)).toEqual(['trunk-1', 'trunk-2']);
    await expect(world.call()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('calls that wait for a channel', () => {
  it('do not hold up those for other trunks', async () => {
    const far = plainTrunk(PHONE, { trunkId: 'trunk-2', prefixes: ['+49'] });
    const world = callWorld({
      flow: flowOf({ wait: ['WaitNode', { Timeout: 600 }] }),
      maxChannels: 1,
      prefixes: ['+1'],
      otherTrunks: [far],
    });
    await world.call();
    const notBefore = new Date(world.clock.now() + 1000).toISOString();
    const place = (numberToDial: string) => world.service.place(manager, { flowId: 'flow-1', numberToDial, notBefore });
    for (let call = 0; call < 150; call++) await place('+18144043093');
    const last = await place('+4930123456');
    world.service.start();
    await world.clock.advance(3000);
    expect(world.sessions.get(last.id ?? '')).toMatchObject({ row: { trunkId: 'trunk-2' }, lines: expect.arrayContaining(['Answered']) });
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a target that redirects the call', () => {
  const redirect = (contact: string) => (invite: IncomingInvite) => invite.reject(302, undefined, [['Contact', contact]]);

  it.each([
    ['the same number', numberToDial, {}],
    [
      'the same number, as the trunk has it written',
      '0018144043093',
      { trunk: { calledFormat: { style: 'National', countryCode: '49' } } },
    ],
    ['the same number, ported', `${numberToDial};npdi;rn=+15550000`, {}],
    ['a number for which the trunk is', '+4930123456', { prefixes: ['+1', '+49'] }],
    [
      'such a number, as the trunk has it written',
      '030123456',
      {
        prefixes: ['+1', '+49'],
        trunk: { calledFormat: { style: 'National', countryCode: '49' } },
      },
    ],
  ] as const)('to %s at another of its trunk is followed there', async (_what, user, more) => {
    const { session, world, first, left } = await afterFirst(redirect(`<sip:${user}@${PHONE}>`), more);
    expect(session.outcome).toBe('Completed');
    expect(first?.invites.length).toBe(1);
    expect(world.phoneEvents.map(({ event }) => event)).toContain('answered');
    expect(left).toEqual(nothingLeft);
  });

  it('to another of its trunk that no name server knows ends the call', async () => {
    const targets = [targetAt(FIRST), targetAt('gone.example', { priority: 1 })];
    const { session, left } = await afterFirst(redirect(`<sip:${numberToDial}@gone.example>`), { targets });
    expect(session).toMatchObject({ outcome: 'Failed', sipCause: 302 });
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['another number when the trunk names none', `<sip:+19005550009@${PHONE}>`, []],
    ['a number for which the trunk is not', `<sip:+19005550009@${PHONE}>`, ['+1814']],
    ['a number written in another way', `<sip:19005550009@${PHONE}>`, ['+1']],
    ['who is no number', `<sip:alice@${PHONE}>`, ['+']],
    ['nobody', `<sip:${PHONE}>`, ['+']],
    ['a host that is none of its trunk', `<sip:${numberToDial}@10.0.9.9>`, []],
    ['another port', `<sip:${numberToDial}@${PHONE}:5999>`, []],
    ['another transport', `<sip:${numberToDial}@${PHONE};transport=tls>`, []],
  ])('to %s is not followed', async (_what, contact, prefixes) => {
    const { session, world, left } = await afterFirst(redirect(contact), { prefixes });
    expect(session).toMatchObject({ outcome: 'Failed', sipCause: 302 });
    expect(world.phoneEvents).toEqual([]);
    expect(left).toEqual(nothingLeft);
  });
});
