import { expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { endLostSessions } from './lost-sessions.ts';

it('ends lost sessions batch by batch until none is left, and says how many', async () => {
  const batches = [['a', 'b'], ['c'], []];
  const ends: unknown[] = [];
  const warned: unknown[] = [];
  const reapSessions = async (end: unknown) => {
    ends.push(end);
    return batches.shift() ?? [];
  };
  await endLostSessions({ reapSessions }, new VirtualClock(0), { ...silentLogger, warn: (fields) => warned.push(fields) });
  expect(ends).toHaveLength(3);
  expect(ends[0]).toMatchObject({ outcome: 'ServerLost', line: { date: '1970-01-01T00:00:00.000Z' } });
  expect(warned).toEqual([{ sessions: 3 }]);
});
