import { expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { ChangeListener } from '../store/changes.ts';
import { FollowedTrunks } from './followed-trunks.ts';

/** Trunks whose readings a test answers one by one, and what was handed over. */
function scene() {
  const clock = new VirtualClock();
  const reading: { resolve: (rows: readonly string[]) => void; reject: (error: Error) => void }[] = [];
  const followed: (readonly string[])[] = [];
  const warnings: unknown[] = [];
  const listeners = new Set<ChangeListener>();
  const trunks = new FollowedTrunks<string>(
    {
      endpoints: { trunkRows: () => new Promise((resolve, reject) => reading.push({ resolve, reject })) },
      changes: {
        subscribe: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      clock,
      log: { ...silentLogger, warn: (fields) => warnings.push(fields) },
    },
    (rows) => followed.push(rows),
  );
  const change = (kind: 'endpoint' | 'flow' = 'endpoint'): void => {
    for (const listener of listeners) listener({ kind, id: 'x' });
  };
  const read = async (rows: readonly string[]): Promise<void> => {
    reading.at(-1)?.resolve(rows);
    await clock.advance(1);
  };
  return { clock, reading, followed, warnings, trunks, change, read, listeners };
}

it('trunks are read again when an endpoint changes, also while they are read', async () => {
  const { reading, followed, trunks, change, read, listeners } = scene();
  change();
  change();
  await read(['old']);
  expect([reading.length, followed]).toEqual([2, [['old']]]);
  await read(['new']);
  change('flow');
  expect([reading.length, followed]).toEqual([2, [['old'], ['new']]]);
  change();
  expect(reading.length).toBe(3);
  await read([]);
  await trunks.close();
  expect([followed.at(-1), listeners.size]).toEqual([[], 0]);
});

it('trunks that cannot be read are read again after five seconds, and what was known stays until then', async () => {
  const { clock, reading, followed, warnings, trunks, read } = scene();
  const error = new Error('no database');
  reading[0]?.reject(error);
  await clock.advance(4_999);
  expect([reading.length, followed, warnings]).toEqual([1, [], [{ err: error }]]);
  await clock.advance(1);
  await read(['a']);
  expect([reading.length, followed, clock.pendingTimers]).toEqual([2, [['a']], 0]);
  await trunks.close();
});

it('nothing is handed over once nobody follows the trunks any more', async () => {
  const { clock, reading, followed, trunks, change } = scene();
  const closed = trunks.close();
  change();
  reading[0]?.resolve(['late']);
  await closed;
  await trunks.close();
  expect([reading.length, followed, clock.pendingTimers]).toEqual([1, [], 0]);
});

it('a reading that fails as nobody follows the trunks any more is not repeated', async () => {
  const { clock, reading, trunks } = scene();
  const closed = trunks.close();
  reading[0]?.reject(new Error('no database'));
  await closed;
  await clock.advance(10_000);
  expect([reading.length, clock.pendingTimers]).toEqual([1, 0]);
});
