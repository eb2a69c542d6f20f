import { describe, expect, it } from 'vitest';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { Conferences } from './conferences.ts';

function conferences(): Conferences {
  let rooms = 0;
  const openRoom = () => ({ id: ++rooms, memory: new SharedArrayBuffer(0) });
  return new Conferences({ telephony: { openRoom }, conferenceMembers: 2, clock: new VirtualClock(), random: seededRandom(1) });
}

describe('Conferences', () => {
  it('finds the same one by its name in one account, and another in another account', () => {
    const all = conferences();
    const one = all.find('account-1', 'Sales');
    expect(all.find('account-1', 'Sales')).toBe(one);
    const others = [
      all.find('account-2', 'Sales'),
      all.find('account-1', 'sales'),
      all.find('account-1', undefined),
      all.find('account-1', undefined),
    ];
    expect(new Set([one, ...others]).size).toBe(5);
    expect(new Set([one, ...others].map(({ room }) => room.id)).size).toBe(5);
    expect(all.size).toBe(3);
  });
});
