import { expect, it } from 'vitest';
import { codeOf, meet, staying } from '../support/conference-calls.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';

const [ADA, BEN] = ['+18144043101', '+18144043102'] as const;
const [A, B] = [codeOf(2000), codeOf(4000)];
const SILENCE = 0xff;

it('whoever has left a conference by a key hears nobody of it and is not heard there, while their call goes on', async () => {
  const people = {
    [ADA]: { answerAfterMs: 100, says: A, presses: { atMs: 1900, keys: '*' } },
    [BEN]: { answerAfterMs: 100, says: B, hangUpAfterMs: 5900 },
  };
  const { heardBetween, sessions, over } = await meet(people, {}, staying());
  await over();
  expect([heardBetween(ADA, 500, 1800), heardBetween(BEN, 500, 1800)]).toEqual([[B], [A]]);
  expect([heardBetween(ADA, 2600, 4800), heardBetween(BEN, 2600, 4800)]).toEqual([[SILENCE], [SILENCE]]);
  expect(sessions.map(({ outcome }) => outcome)).toEqual(['Left', 'CalleeHungUp']);
});

it('whoever leaves while they wait for a moderator hears the music no longer', async () => {
  const people = { [ADA]: { answerAfterMs: 100, says: A, presses: { atMs: 1900, keys: '*' } } };
  const { heardBetween, sessions, over } = await meet(people, {}, staying({ WaitForModerator: true }));
  await over();
  expect(heardBetween(ADA, 500, 1800)).not.toContain(SILENCE);
  expect(heardBetween(ADA, 2600, 4800)).toEqual([SILENCE]);
  expect(sessions[0]?.outcome).toBe('Left');
});

it('a conference that no key leaves takes none: what was pressed in it is for the flow', async () => {
  const leads = '+18144043103';
  const flow = flowOf({
    who: ['StringMatchNode', { String: '{{ Session.To }}', Choices: [leads], [leads]: to('lead'), NoMatches: to('follow') }],
    lead: ['ConferenceNode', { Name: 'Sales', Moderator: true, EndOnExit: true, Done: to('end') }],
    follow: ['ConferenceNode', { Name: 'Sales', Done: to('ask') }],
    ask: ['GatherNode', { TimeoutInSeconds: 5, Digits: into('Digit'), Done: to('digit'), NoInput: to('end') }],
    digit: ['HangUpNode', { Outcome: 'Digit {{ Session.Digit }}' }],
    end: ['HangUpNode', { Outcome: 'End' }],
  });
  const people = {
    [leads]: { answerAfterMs: 100, hangUpAfterMs: 2000 },
    [BEN]: { answerAfterMs: 100, presses: { atMs: 800, keys: '7' } },
  };
  const { sessions, over } = await meet(people, {}, { flow });
  await over();
  expect(sessions[1]?.outcome).toBe('Digit 7');
});

it('the keys that leave a conference are digits again for the flow once the conference is over', async () => {
  const leads = '+18144043103';
  const flow = flowOf({
    who: ['StringMatchNode', { String: '{{ Session.To }}', Choices: [leads], [leads]: to('lead'), NoMatches: to('follow') }],
    lead: ['ConferenceNode', { Name: 'Sales', Moderator: true, EndOnExit: true, Done: to('end') }],
    follow: ['ConferenceNode', { Name: 'Sales', LeaveKeys: '*', Done: to('ask') }],
    ask: ['GatherNode', { TimeoutInSeconds: 5, Digits: into('Digit'), Done: to('digit'), NoInput: to('end') }],
    digit: ['HangUpNode', { Outcome: 'Digit {{ Session.Digit }}' }],
    end: ['HangUpNode', { Outcome: 'End' }],
  });
  const people = {
    [leads]: { answerAfterMs: 100, hangUpAfterMs: 1000 },
    [BEN]: { answerAfterMs: 100, presses: { atMs: 3000, keys: '*' } },
  };
  const { sessions, over } = await meet(people, {}, { flow });
  await over();
  expect(sessions[1]?.outcome).toBe('Digit *');
});
