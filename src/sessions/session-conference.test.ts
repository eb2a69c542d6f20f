import { expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import { seededRandom } from '../kernel/random.ts';
import { ringing } from '../telephony/audio/tone.ts';
import type { LegEnd } from '../telephony/port.ts';
import { Conferences } from './conferences.ts';
import { SessionConference } from './session-conference.ts';

const order = {
  name: 'Sales',
  muted: false,
  moderator: false,
  waitsForModerator: false,
  endsOnExit: false,
  leaveKeys: '',
  announcement: undefined,
  music: ringing(),
};

/** A call that is up, and its way into conferences of so many members. */
async function scene(conferenceMembers: number) {
  const { caller, callee, clock, finish } = await twoEngines();
  const telephony = { openRoom: () => ({ id: 1, memory: new SharedArrayBuffer(0) }) };
  const conferences = new Conferences({ telephony, conferenceMembers, clock, random: seededRandom(1) });
  const conference = new SessionConference(caller, {
    accountId: 'account-1',
    otherSide: '+15550002',
    conferences,
    place: () => Promise.reject(new Error('not placed here')),
    clock,
    callSid: () => 'own@call',
    note() {},
    onChanged() {},
    onPartyReport() {},
  });
  return { conference, conferences, callee, finish };
}

it('hangs up on who was joined with the call when there was no room in the conference that it should have entered', async () => {
  const { conference, callee, finish } = await scene(0);
  let ends = 0;
  const over = new Promise<LegEnd>(() => {});
  const joined = conference.join(order, new AbortController().signal);
  conference.adopt({ name: 'friend', address: '+18144043111', call: callee, callId: 'friend@call', over, end: async () => void ends++ });
  expect(await joined).toEqual({ status: 'Full', stayedMs: 0 });
  expect(ends).toBe(1);
  await finish();
});

it('leaves the conference when it is to do something else, and says that and no result', async () => {
  const { conference, conferences, finish } = await scene(2);
  const aborting = new AbortController();
  const joined = conference.join(order, aborting.signal);
  expect([conferences.size, conference.state?.members.length]).toEqual([1, 1]);
  aborting.abort(new Error('Something else'));
  await expect(joined).rejects.toThrow('Something else');
  expect([conferences.size, conference.state]).toEqual([0, undefined]);
  await finish();
});
