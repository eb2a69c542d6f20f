import { expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import { seededRandom } from '../kernel/random.ts';
import { ringing } from '../telephony/audio/tone.ts';
import type { LegEnd } from '../telephony/port.ts';
import { Conferences } from './conferences.ts';
import { SessionConference } from './session-conference.ts';

it('hangs up on who was joined with the call when there was no room in the conference that it should have entered', async () => {
  const { caller, callee, clock, finish } = await twoEngines();
  const telephony = { openRoom: () => ({ id: 1, memory: new SharedArrayBuffer(0) }) };
  const conference = new SessionConference(caller, {
    accountId: 'account-1',
    otherSide: '+15550002',
    conferences: new Conferences({ telephony, conferenceMembers: 0, clock, random: seededRandom(1) }),
    place: () => Promise.reject(new Error('not placed here')),
    clock,
    callSid: () => 'own@call',
    note() {},
    onChanged() {},
    onPartyReport() {},
  });
  const order = { name: 'Sales', muted: false, moderator: false, waitsForModerator: false, endsOnExit: false, leaveKeys: '' };
  let ends = 0;
  const over = new Promise<LegEnd>(() => {});
  const joined = conference.join({ ...order, announcement: undefined, music: ringing() }, new AbortController().signal);
  conference.adopt({ name: 'friend', address: '+18144043111', call: callee, callId: 'friend@call', over, end: async () => void ends++ });
  expect(await joined).toEqual({ status: 'Full', stayedMs: 0 });
  expect(ends).toBe(1);
  await finish();
});
