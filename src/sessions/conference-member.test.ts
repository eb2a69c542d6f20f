import { expect, it } from 'vitest';
import { promptNamed } from '../../test/support/flow-call.ts';
import { RoomLeg } from '../../test/support/room-leg.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { AudioRoom } from '../telephony/port.ts';
import { ConferenceMember, type MemberRules } from './conference-member.ts';

const room: AudioRoom = { id: 1, memory: new SharedArrayBuffer(0) };
const rules: MemberRules = {
  muted: false,
  moderator: false,
  waitsForModerator: false,
  endsOnExit: false,
  announcement: undefined,
  music: promptNamed('music', 1000),
};
function scene(more: Partial<MemberRules> = {}) {
  const clock = new VirtualClock();
  const call = new RoomLeg(clock);
  const left: ConferenceMember[] = [];
  const member = new ConferenceMember(
    call,
    { ...rules, ...more },
    {
      sid: 'conference-1',
      room,
      hasBegun: true,
      leave: (gone) => left.push(gone),
    },
  );
  return { clock, call, member, left };
}

it('a member that is put on hold twice hears its music on, and is among the others once when it goes on', async () => {
  const { clock, call, member } = scene();
  member.settle();
  for (let times = 0; times < 2; times++) member.hold(true);
  await clock.advance(1500);
  for (let times = 0; times < 2; times++) member.hold(false);
  await clock.advance(1500);
  expect(call.rooms).toEqual(['joined', 'left', 'joined']);
  expect(call.heard).toEqual(['music', 'music']);
  member.leave();
});

it('a member that has left is not taken into the room any more, nor out of the one that it is in by then', async () => {
  const { clock, call, member, left } = scene();
  member.settle();
  member.leave();
  member.hold(true);
  member.hold(false);
  member.leave('Ended');
  await clock.advance(1500);
  expect(call.rooms).toEqual(['joined', 'left']);
  expect(call.heard).toEqual([]);
  expect(left).toEqual([member]);
  expect(await member.over).toBe('Left');
});

it('a member whose call is over when it is to talk waits to be taken out', async () => {
  const { call, member, left } = scene();
  await call.hangup();
  member.settle();
  expect(left).toEqual([]);
  member.leave();
  expect(left).toEqual([member]);
});

it('a member on hold with music that has no sound hears nothing', async () => {
  const { clock, call, member } = scene({ music: promptNamed('nothing', 0) });
  member.hold(true);
  await clock.advance(1500);
  expect(call.heard).toEqual([]);
  member.leave();
});

it('a member that waits or is on hold does not hear who comes and goes, which it does again among the others', async () => {
  const { clock, call, member } = scene();
  member.hold(true);
  member.announce(promptNamed('tone', 100));
  await clock.advance(500);
  expect(call.heard).toEqual(['music']);
  member.hold(false);
  member.announce(promptNamed('tone', 100));
  expect(call.heard).toEqual(['music', 'tone']);
  member.leave();
});
