import { expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { LostSessions } from './lost-sessions.ts';

/** What the database answers, one after the other, and what was asked and told. */
function scene(isShared: boolean, batches: (string[] | Error)[]) {
  const hungUp: unknown[] = [];
  const clock = new VirtualClock(0);
  const ends: unknown[] = [];
  const told: unknown[] = [];
  const reapSessions = async (end: unknown) => {
    ends.push(end);
    const batch = batches.shift() ?? [];
    if (batch instanceof Error) throw batch;
    return batch.map((id) => ({ id, state: id === 'b' ? null : { leg: { dialog: id }, parties: [{ dialog: `party of ${id}` }] } }));
  };
  const log = { ...silentLogger, warn: (fields: unknown) => told.push(fields), error: (fields: unknown) => told.push(fields) };
  const telephony = { hangUpLost: (leg: unknown) => void hungUp.push(leg) };
  return { clock, ends, told, hungUp, lost: new LostSessions({ workers: { reapSessions }, telephony, isShared, clock, log }) };
}

it('ends lost sessions batch by batch until none is left, hangs up their calls, and says how many', async () => {
  const { clock, ends, told, hungUp, lost } = scene(false, [['a', 'b'], ['c'], []]);
  await lost.start();
  expect(ends).toHaveLength(3);
  expect(ends[0]).toMatchObject({ outcome: 'ServerLost', line: { date: '1970-01-01T00:00:00.000Z' } });
  expect(told).toEqual([{ sessions: 3 }]);
  expect(hungUp).toEqual(['a', 'party of a', 'c', 'party of c'].map((dialog) => ({ dialog })));
  expect(clock.pendingTimers).toBe(0);
});

it('goes on looking where others share the database, whatever the database says', async () => {
  const away = new Error('away');
  const { clock, told, lost } = scene(true, [[], away, ['a'], []]);
  await lost.start();
  await clock.advance(25_000);
  expect(told).toEqual([{ err: away }, { sessions: 1 }]);
  await lost.close();
  expect(clock.pendingTimers).toBe(0);
});

it('ends nothing more once the server stops, also when that happens while it looks', async () => {
  const clock = new VirtualClock(0);
  let looks = 0;
  let answer = (): void => {};
  const reapSessions = async () => {
    looks += 1;
    if (looks === 2)
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    return [];
  };
  const lost = new LostSessions({
    workers: { reapSessions },
    telephony: { hangUpLost: () => {} },
    isShared: true,
    clock,
    log: silentLogger,
  });
  await lost.start();
  await clock.advance(10_000);
  expect(looks).toBe(2);
  const closed = lost.close();
  answer();
  await closed;
  expect([looks, clock.pendingTimers]).toEqual([2, 0]);
  await lost.close();
});
