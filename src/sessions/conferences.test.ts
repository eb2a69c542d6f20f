import { describe, expect, it } from 'vitest';
import { promptNamed } from '../../test/support/flow-call.ts';
import { RoomLeg } from '../../test/support/room-leg.ts';
import { seededRandom } from '../kernel/random.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { type Conference, Conferences } from './conferences.ts';

const rules = {
  muted: false,
  moderator: false,
  waitsForModerator: false,
  endsOnExit: false,
  announcement: undefined,
  music: promptNamed('music', 1000),
};

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

  it('keeps the next one of a name when somebody has still been let into the one before, which was over', () => {
    const all = conferences();
    const before = all.find('account-1', 'Sales');
    const enters = (conference: Conference) => conference.enter(new RoomLeg(new VirtualClock()), rules);
    enters(before)?.leave();
    const next = all.find('account-1', 'Sales');
    expect(next).not.toBe(before);
    const member = enters(next);
    enters(before)?.leave();
    expect(all.find('account-1', 'Sales')).toBe(next);
    member?.leave();
    expect(all.size).toBe(0);
  });
});
