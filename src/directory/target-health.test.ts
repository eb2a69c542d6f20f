import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { ChangeListener } from '../store/changes.ts';
import { TargetHealth } from './target-health.ts';
import type { TrunkTarget } from './trunk-targets.ts';

const HOST = '192.0.2.1';
const TARGET: TrunkTarget = { host: HOST, port: 5060, priority: 0, weight: 1 };

const trunk = (id: string, healthCheckIntervalInSeconds: number | undefined, host = HOST) => ({
  id,
  host,
  port: 5060,
  transport: null,
  trunk: healthCheckIntervalInSeconds === undefined ? {} : { healthCheckIntervalInSeconds },
});

/** Trunks whose targets answer what the test says, and when which of them was asked. */
function scene(first: ReturnType<typeof trunk>[]) {
  const clock = new VirtualClock();
  const stored = { trunks: first };
  const asked: string[] = [];
  const target = { answer: async (): Promise<number | undefined> => 200 };
  let tell: ChangeListener = () => {};
  const health = new TargetHealth({
    endpoints: { trunkRows: async () => [...stored.trunks] },
    changes: {
      subscribe: (listener) => {
        tell = listener;
        return () => {};
      },
    },
    telephony: {
      ping: ({ host }) => {
        asked.push(host);
        return target.answer();
      },
    },
    clock,
    random: seededRandom(1),
    log: silentLogger,
  });
  const change = async (trunks: ReturnType<typeof trunk>[]): Promise<void> => {
    stored.trunks = trunks;
    tell({ kind: 'endpoint', id: 'x' });
    await clock.advance(1_000);
  };
  const finish = async (): Promise<void> => {
    await health.close();
    expect(clock.pendingTimers).toBe(0);
  };
  return { clock, asked, target, health, change, finish };
}

describe('the targets that are checked', () => {
  it.each([
    ['is gone', []],
    ['wants no checks any more', [trunk('a', undefined)]],
    ['is elsewhere', [trunk('a', undefined, '192.0.2.2')]],
  ])('are asked no more when their trunk %s', async (_what, left) => {
    const { clock, asked, health, change, finish } = scene([trunk('a', 10)]);
    await clock.advance(60_000);
    expect(asked.length).toBeGreaterThan(4);
    await change(left);
    const before = asked.length;
    await clock.advance(60_000);
    expect([asked.length - before, health.statesOf('a'), health.isDoubtful('a', TARGET)]).toEqual([0, undefined, false]);
    await finish();
  });

  it('are asked at another interval as soon as that is changed, and keep what is known of them', async () => {
    const { clock, asked, target, health, change, finish } = scene([trunk('a', 600)]);
    target.answer = async () => undefined;
    await clock.advance(20_000);
    expect(health.isDoubtful('a', TARGET)).toBe(true);
    await change([trunk('a', 5)]);
    expect(health.isDoubtful('a', TARGET)).toBe(true);
    const before = asked.length;
    await clock.advance(60_000);
    expect(asked.length - before).toBeGreaterThan(9);
    await finish();
  });

  it('are asked a tenth of the interval sooner or later, by lot, so that the checks of many do not fall into step', async () => {
    const { clock, target, finish } = scene([trunk('a', 60)]);
    const askedAtMs: number[] = [];
    target.answer = async () => {
      askedAtMs.push(clock.now());
      return 200;
    };
    await clock.advance(3_600_000);
    const distances = askedAtMs.slice(1).map((atMs, at) => atMs - (askedAtMs[at] ?? 0));
    expect(distances.length).toBeGreaterThan(50);
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(54_000);
    expect(Math.max(...distances)).toBeLessThanOrEqual(66_000);
    expect(new Set(distances).size).toBeGreaterThan(distances.length / 2);
    await finish();
  });

  it('are not judged by the answer to a check that was replaced meanwhile', async () => {
    const { clock, asked, target, health, change, finish } = scene([trunk('a', 600)]);
    let late: (status: number | undefined) => void = () => {};
    target.answer = () => new Promise((resolve) => (late = resolve));
    await clock.advance(1_000);
    expect(asked).toEqual([HOST]);
    target.answer = async () => 200;
    await change([trunk('a', 700)]);
    expect(health.statesOf('a')).toMatchObject([{ state: 'Up', status: 200 }]);
    const { length } = asked;
    late(503);
    await clock.advance(60_000);
    expect(health.statesOf('a')).toMatchObject([{ state: 'Up', status: 200 }]);
    expect(asked).toHaveLength(length);
    await finish();
  });
});
