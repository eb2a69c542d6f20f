import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/wire/memory-network.ts';
import { callWorld, manager, nothingLeft, type WorldOptions } from '../support/call-world.ts';
import { flowOf } from '../support/flow-builder.ts';
import { rawCaller } from '../support/raw-caller.ts';
import { startLine } from '../support/sip-agents.ts';

const SERVER = '10.0.0.1';
const flow = flowOf({ wait: ['WaitNode', { Timeout: 600 }] });

/** A world of which the test sees every SIP message, and may lose some. */
function seeing(options: Partial<WorldOptions> = {}, fate: (name: string, nth: number) => Verdict = () => 'pass') {
  const seen: string[] = [];
  const world = callWorld({
    flow,
    ...options,
    filter: (bytes, from) => {
      if ((bytes[0] ?? 0) >> 6 === 2) return 'pass';
      const name = `${from.address === SERVER ? '->' : '<-'} ${startLine(Buffer.from(bytes).toString())}`;
      seen.push(name);
      return fate(name, seen.filter((other) => other === name).length);
    },
  });
  /** Stops the server at once, as its process does; answers how long that took. */
  const shutDown = async (): Promise<number> => {
    const beganMs = world.clock.now();
    let closed = false;
    void world.service
      .stop(0)
      .then(() => world.telephony.close())
      .then(() => {
        closed = true;
      });
    expect(await world.clock.runUntil(() => closed, 60_000)).toBe(true);
    const tookMs = world.clock.now() - beganMs;
    expect(await world.finish()).toEqual(nothingLeft);
    return tookMs;
  };
  return { world, seen, shutDown };
}

const ringing = { phone: { answerAfterMs: 30_000 } };

describe('a call that rings when the server stops', () => {
  it('is cancelled, and its 487 acknowledged', async () => {
    const { world, seen, shutDown } = seeing(ringing);
    const session = await world.call();
    await world.clock.advance(500);
    expect(await shutDown()).toBeLessThan(100);
    expect(seen.slice(-4)).toEqual(['-> CANCEL', '<- 200 CANCEL', '<- 487 INVITE', '-> ACK']);
    expect(session.outcome).toBe('ServerShutDown');
    expect(world.phoneEvents.map(({ event }) => event)).toContain('cancelled');
  });

  it('is cancelled when the first CANCEL is lost', async () => {
    const { world, seen, shutDown } = seeing(ringing, (name, nth) => (name === '-> CANCEL' && nth === 1 ? 'drop' : 'pass'));
    await world.call();
    await world.clock.advance(500);
    expect(await shutDown()).toBeLessThan(1000);
    expect(seen.slice(-2)).toEqual(['<- 487 INVITE', '-> ACK']);
    expect(world.phoneEvents.map(({ event }) => event)).toContain('cancelled');
  });

  it('is cancelled although the peer had said nothing so far', async () => {
    const { world, seen, shutDown } = seeing(ringing, (name) =>
      name === '<- 100 INVITE' || name === '<- 180 INVITE' ? { delayMs: 700 } : 'pass',
    );
    await world.call();
    await world.clock.advance(100);
    expect(await shutDown()).toBeLessThan(2100);
    expect(seen.filter((name) => name === '-> CANCEL')).toHaveLength(1);
    expect(seen.slice(-2)).toEqual(['<- 487 INVITE', '-> ACK']);
  });

  it('is acknowledged and hung up when it is answered in that moment, also when the first BYE is lost', async () => {
    const lost = (name: string, nth: number): Verdict => (name === '-> CANCEL' || (name === '-> BYE' && nth === 1) ? 'drop' : 'pass');
    const { world, seen, shutDown } = seeing({ phone: { answerAfterMs: 500 } }, lost);
    await world.call();
    await world.clock.advance(499);
    expect(await shutDown()).toBeLessThan(2100);
    expect(seen.filter((name) => name === '-> BYE')).toHaveLength(2);
    expect(seen.filter((name) => name !== '-> CANCEL').at(-1)).toBe('<- 200 BYE');
    expect(world.phoneEvents.map(({ event }) => event)).toEqual(expect.arrayContaining(['answered', 'bye']));
  });
});

describe('a call that is ended while it rings', () => {
  it('and is answered before the CANCEL arrives gets ACK and BYE (RFC 3261 section 9.1)', async () => {
    const { world, seen } = seeing({ phone: { answerAfterMs: 500 } }, (name) => (name === '-> CANCEL' ? { delayMs: 50 } : 'pass'));
    const session = await world.call();
    await world.clock.advance(499);
    void world.service.end(manager, session.row.id);
    expect(await world.over(session)).toBe(true);
    await world.clock.advance(100);
    expect(seen.filter((name) => /^-> (ACK|BYE|CANCEL)/.test(name))).toEqual(['-> CANCEL', '-> ACK', '-> BYE']);
    expect(seen).toContain('<- 200 CANCEL');
    expect(session).toMatchObject({ outcome: 'Cancelled' });
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a call that comes in while the server stops', () => {
  it('is told to try again later, before and after it was looked up', async () => {
    const waits: (() => void)[] = [];
    const { world, shutDown } = seeing({ phoneIsThere: false, beforeLoad: () => new Promise((resolve) => waits.push(resolve)) });
    const caller = rawCaller(world);
    await caller.invite();
    expect(caller.statuses()).toEqual([100]);
    const stopped = world.service.stop(5000);
    for (const goOn of waits) goOn();
    await world.clock.advance(5);
    expect(caller.statuses()).toEqual([100, 503]);
    expect(caller.response(503)?.headers.first('Retry-After')).toBe('5');
    await caller.ack({ refused: true });
    await stopped;
    expect(world.sessions.size).toBe(0);
    await caller.close();
    await shutDown();
  });

  it('and still rings gets 503 with Retry-After when the telephone is closed', async () => {
    const { world } = seeing({ phoneIsThere: false, beforeLoad: () => new Promise(() => {}) });
    const caller = rawCaller(world);
    await caller.invite();
    void world.telephony.close();
    await world.clock.advance(5);
    expect(caller.statuses()).toEqual([100, 503]);
    expect(caller.response(503)?.headers.first('Retry-After')).toBe('5');
    await caller.close();
  });
});
