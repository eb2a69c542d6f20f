import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/kernel/clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { callWorld, manager, nothingLeft, PHONE, type WorldOptions } from '../support/call-world.ts';
import { carrier, targetAt } from '../support/carriers.ts';
import { flowOf, to } from '../support/flow-builder.ts';

const flow = flowOf({ say: ['SayNode', { WhatToSay: '0123456789', Done: to('bye') }], bye: ['HangUpNode'] });
const FIRST = '10.0.1.1';
const ANSWER = 'v=0\r\no=- 7 1 IN IP4 10.0.1.1\r\ns=-\r\nc=IN IP4 10.0.1.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n';
const both = [targetAt(FIRST), targetAt(PHONE, { priority: 1 })];
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Of a gateway that dies when it has said 100. */
const onlyTrying: WorldOptions['filter'] = (bytes, { address }) =>
  address === FIRST && !textOf(bytes).startsWith('SIP/2.0 100') ? 'drop' : 'pass';

/** The way to the first gateway takes a second for a CANCEL. */
const slowCancel: WorldOptions['filter'] = (bytes, _from, { address }) =>
  address === FIRST && textOf(bytes).startsWith('CANCEL') ? { delayMs: 1000 } : 'pass';

/** Does nothing when the CANCEL was there before. */
const answer = (invite: IncomingInvite): void => void invite.answer(ANSWER).catch(() => undefined);

/** The first gateway says 100, and then does as `behave` says. */
async function firstSaysTrying(options: Partial<WorldOptions>, behave: (invite: IncomingInvite, clock: Clock) => void = () => {}) {
  const world = callWorld({ flow, targets: both, ...options });
  const first = carrier(world, FIRST, (invite) => behave(invite, world.clock));
  const startMs = world.clock.now();
  const session = await world.call();
  return {
    world,
    session,
    first,
    phoneRang: () => world.phoneEvents.map(({ atMs }) => atMs - startMs)[0],
    async over() {
      expect(await world.over(session)).toBe(true);
      const tookMs = (session.endedAtMs ?? 0) - startMs;
      const left = await world.finish();
      await first.close();
      expect({ ...left, ports: (left.ports ?? 0) - 1 }).toEqual(nothingLeft);
      return tookMs;
    },
  };
}

describe('a gateway that says 100 and nothing after it', () => {
  it('is left after 15 seconds, and the next one called when it has confirmed the CANCEL', async () => {
    let confirmed = false;
    const { session, world, phoneRang, over } = await firstSaysTrying({}, (invite) => {
      invite.onCancelled = () => {
        confirmed = true;
        expect(world.phoneEvents).toEqual([]);
      };
    });
    await over();
    expect(confirmed).toBe(true);
    expect(session.outcome).toBe('Completed');
    expect(phoneRang()).toBeGreaterThanOrEqual(15_000);
    expect(phoneRang()).toBeLessThan(16_000);
    expect(session.lines[1]).toBe(
      '10.0.1.1:5060: The trunk or the callee cannot be reached (SIP 408 Nothing rang in time); trying 10.0.0.2:5060',
    );
  });

  it('and not to the CANCEL either is given 4 seconds for it before the next rings', async () => {
    const { session, phoneRang, over } = await firstSaysTrying({ filter: onlyTrying });
    await over();
    expect(session.outcome).toBe('Completed');
    expect(phoneRang()).toBeGreaterThanOrEqual(19_000);
    expect(phoneRang()).toBeLessThan(20_000);
  });

  it('is tried last for a while, so that the next call does not wait', async () => {
    const { world, session, over } = await firstSaysTrying({ filter: onlyTrying });
    await world.over(session);
    expect(world.targetHealth.isDoubtful('trunk-1', targetAt(FIRST))).toBe(true);
    await over();
  });

  it('ends the call as unreachable where there is no other: nothing rang', async () => {
    const { session, over } = await firstSaysTrying({ targets: [targetAt(FIRST)] });
    expect(await over()).toBeGreaterThanOrEqual(60_000);
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 408 });
    expect(session.lines).not.toContain('Ringing');
  });

  it('has the call when it answers as the CANCEL is on its way: nobody is called twice', async () => {
    const { session, world, over } = await firstSaysTrying({ filter: slowCancel }, (invite, clock) => {
      clock.after(15_500, () => answer(invite));
    });
    await over();
    expect(session.outcome).toBe('Completed');
    expect(session.answeredAtMs).toBeDefined();
    expect(world.phoneEvents).toEqual([]);
  });

  it('and rings as the CANCEL is on its way ends the call: nobody rings twice', async () => {
    const { session, world, over } = await firstSaysTrying({ filter: slowCancel }, (invite, clock) => {
      clock.after(15_500, () => invite.ring());
    });
    await over();
    expect(session).toMatchObject({ outcome: 'NoAnswer', sipCause: 487 });
    expect(world.phoneEvents).toEqual([]);
  });

  it('and refuses as the CANCEL is on its way says what the call ends with', async () => {
    const { session, world, over } = await firstSaysTrying({ filter: slowCancel }, (invite, clock) => {
      clock.after(15_500, () => invite.reject(486));
    });
    await over();
    expect(session).toMatchObject({ outcome: 'Busy', sipCause: 486 });
    expect(world.phoneEvents).toEqual([]);
  });

  it('and takes its time until it rings is not left: the call is its own', async () => {
    const { session, world, over } = await firstSaysTrying({}, (invite, clock) => {
      clock.after(14_900, () => invite.ring());
      clock.after(25_000, () => answer(invite));
    });
    await over();
    expect(session.outcome).toBe('Completed');
    expect(world.phoneEvents).toEqual([]);
  });

  it.each([14_000, 15_300, 17_000])(
    'is not followed by another when the call is ended after %i ms; a late answer is hung up',
    async (atMs) => {
      const { session, world, over } = await firstSaysTrying({ filter: slowCancel }, (invite, clock) => {
        clock.after(15_600, () => answer(invite));
      });
      await world.clock.advance(atMs);
      const ended = world.service.end(manager, session.row.id);
      await over();
      await ended;
      expect(session.outcome).toBe(atMs < 15_600 ? 'Cancelled' : 'Completed');
      expect(world.phoneEvents).toEqual([]);
    },
  );
});

describe('a proxy that answers', () => {
  it('408 where nothing rang is left for the next target, and tried first again by the next call', async () => {
    const { session, world, over } = await firstSaysTrying({}, (invite) => invite.reject(408));
    await world.over(session);
    expect(session.outcome).toBe('Completed');
    expect(world.targetHealth.isDoubtful('trunk-1', targetAt(FIRST))).toBe(false);
    await over();
  });

  it('408 where nothing rang and there is no other ends the call as unreachable', async () => {
    const { session, over } = await firstSaysTrying({ targets: [targetAt(FIRST)] }, (invite) => invite.reject(408));
    await over();
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 408 });
  });

  it('408 after it rang ends the call: nobody answered', async () => {
    const { session, world, over } = await firstSaysTrying({}, (invite, clock) => {
      invite.ring();
      clock.after(1000, () => invite.reject(408));
    });
    await over();
    expect(session).toMatchObject({ outcome: 'NoAnswer', sipCause: 408 });
    expect(world.phoneEvents).toEqual([]);
  });

  it.each([
    ['before it rang: the call failed', false, 'Failed'],
    ['after it rang: nobody answered', true, 'NoAnswer'],
  ])('487 that nobody asked for, %s', async (_name, rings, outcome) => {
    const { session, world, over } = await firstSaysTrying({}, (invite, clock) => {
      if (rings) invite.ring();
      clock.after(1000, () => invite.reject(487));
    });
    await over();
    expect(session).toMatchObject({ outcome, sipCause: 487 });
    expect(world.phoneEvents).toEqual([]);
  });
});
