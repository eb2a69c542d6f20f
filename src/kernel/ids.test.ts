import { describe, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { isId, newId } from './ids.ts';
import { seededRandom, systemRandom } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('newId', () => {
  it('is a UUID of version 7 that carries the time', () => {
    const id = newId(new VirtualClock(0x0123456789ab), seededRandom(1));
    expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(isId(id)).toBe(true);
  });

  it('sorts by time and does not repeat', async () => {
    const clock = new VirtualClock();
    const ids: string[] = [];
    for (let n = 0; n < 100; n++) {
      ids.push(newId(clock, systemRandom));
      await clock.advance(1);
    }
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(100);
    expect(new Set(Array.from({ length: 10_000 }, () => newId(systemClock, systemRandom))).size).toBe(10_000);
  });

  it('takes nothing else for an id', () => {
    for (const text of ['', 'outgoing', '01234567-89ab-7000-8000-00000000000', "'; drop table session; --"]) expect(isId(text)).toBe(false);
  });
});
