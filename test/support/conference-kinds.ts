import { expect } from 'vitest';
import { manager, numberToDial, type WorldOptions } from './call-world.ts';
import { codeOf, led, meetingScene, staying, sumOf } from './conference-calls.ts';
import { type CallsOfAKind, isHeard, type Kind, LastingWorld, type Outcomes, SETTLED_MS } from './lasting-world.ts';
import { operated } from './operated-kinds.ts';
import type { Person } from './party-phones.ts';
import type { SeenSession } from './session-table.ts';
import { MUSIC } from './spoken-tones.ts';
import { FRIEND, OTHER } from './transfer-world.ts';

const MOST_MS = 60_000;
const SILENCE = 0xff;
const [ADA, BEN, CAT] = ['+18144043101', '+18144043102', '+18144043103'] as const;
const [A, B, C] = [codeOf(2000), codeOf(4000), codeOf(8000)];
const everybody = {
  [ADA]: { answerAfterMs: 100, says: A },
  [BEN]: { answerAfterMs: 100, says: B },
  [CAT]: { answerAfterMs: 100, says: C },
};

interface Meeting extends Pick<ReturnType<typeof meetingScene>, 'world' | 'phones'> {
  /** Calls somebody, who enters the conference; resolves when the session says so in these words. */
  readonly calls: (number: string, says: string) => Promise<SeenSession>;
  /** Waits for something, but not for ever; nor when one of the calls is over. */
  readonly until: (isSo: () => boolean) => Promise<boolean>;
  readonly options: Partial<WorldOptions>;
}

/** Calls that meet in a conference in which something happens, until all are over. Answers what came of that, to which the outcomes are added. */
const meets =
  (flow: Pick<WorldOptions, 'flow'>, people: Readonly<Record<string, Person>>, act: (meeting: Meeting) => Promise<string>): Kind =>
  (options) => {
    const { world, phones } = meetingScene(people, {}, { ...flow, ...options });
    const call = async (): Promise<Outcomes> => {
      const sessions: SeenSession[] = [];
      const until = (isSo: () => boolean): Promise<boolean> =>
        world.clock.runUntil(() => isSo() || sessions.some(({ endedAtMs }) => endedAtMs !== undefined), MOST_MS);
      const calls = async (number: string, says: string): Promise<SeenSession> => {
        const session = await world.call({ numberToDial: number });
        sessions.push(session);
        await until(() => session.lines.includes(says));
        return session;
      };
      const done = await act({ world, phones, calls, until, options });
      for (const session of sessions) expect(await world.over(session)).toBe(true);
      return [[done, ...sessions.map(({ outcome }) => outcome)].join(', ')];
    };
    return new LastingWorld({ world, phones: [phones], call });
  };

const moderated = meets(led(ADA, true), everybody, async ({ phones, calls, until, options }) => {
  const hear = (heard: Readonly<Record<string, number>>) => (): boolean =>
    !isHeard(options) || Object.entries(heard).every(([number, code]) => phones.heard(number).includes(code));
  for (const number of [BEN, CAT]) await calls(number, 'Waits for a moderator of the conference Sales');
  await until(hear({ [BEN]: MUSIC, [CAT]: MUSIC }));
  // Until there is a moderator they do not hear each other.
  expect([phones.heard(BEN).includes(C), phones.heard(CAT).includes(B)]).toEqual([false, false]);
  await calls(ADA, 'Joined the conference Sales, 3 members');
  const all = hear({ [ADA]: sumOf(B, C), [BEN]: sumOf(A, C), [CAT]: sumOf(A, B) });
  await until(all);
  const done = all() ? 'met' : 'not met';
  void phones.callTo(ADA)?.dialog?.bye();
  return done;
});

const leaves = meets(staying(), everybody, async ({ world, phones, calls, until, options }) => {
  const session = await calls(ADA, 'Joined the conference Sales, 1 members');
  await calls(BEN, 'Joined the conference Sales, 2 members');
  const ada = phones.callTo(ADA);
  if (isHeard(options)) {
    await until(() => phones.heard(ADA).includes(B) && phones.heard(BEN).includes(A));
    await ada?.press?.('*');
  } else void ada?.dialog?.tellDigit('*', 100);
  await until(() => session.lines.includes('Left the conference Sales'));
  await world.clock.advance(SETTLED_MS);
  const sinceMs = world.clock.now();
  await world.clock.advance(2 * SETTLED_MS);
  const heard = [...phones.heard(ADA, sinceMs), ...phones.heard(BEN, sinceMs)].filter((code) => code !== SILENCE);
  expect(heard).toEqual([]);
  const isUp = session.endedAtMs === undefined;
  await until(() => session.endedAtMs !== undefined);
  void phones.callTo(BEN)?.dialog?.bye();
  return isUp ? 'stayed on the line' : 'gone';
});

const callsIn = operated(
  { [numberToDial]: { answerAfterMs: 100, says: A }, [FRIEND]: { answerAfterMs: 500, says: B }, [OTHER]: { answerAfterMs: 1000, says: C } },
  async ({ world, phones, sessionId, until, options }) => {
    for (const destination of [FRIEND, OTHER]) await world.service.conferences.addMember(manager, { sessionId, destination });
    const members = () => world.sessions.get(sessionId)?.conference?.members ?? [];
    await until(() => members().length === 3 && members().every(({ callState }) => callState === 'Connected'));
    const sums = { [numberToDial]: sumOf(B, C), [FRIEND]: sumOf(A, C), [OTHER]: sumOf(A, B) };
    const meet = (): boolean => !isHeard(options) || Object.entries(sums).every(([number, sum]) => phones.heard(number).includes(sum));
    await until(meet);
    const met = [meet() ? 'met' : 'not met', members().length];
    void phones.callTo(OTHER)?.dialog?.bye();
    await until(() => members().length === 2);
    await world.clock.advance(SETTLED_MS);
    const sinceMs = world.clock.now();
    const two = (): boolean =>
      !isHeard(options) || (phones.heard(numberToDial, sinceMs).includes(B) && phones.heard(FRIEND, sinceMs).includes(A));
    await until(two);
    met.push(two() ? 'met' : 'not met', members().length);
    void phones.callTo(numberToDial)?.dialog?.bye();
    return met.join(' ');
  },
);

/** Conferences in which somebody does something that changes them for the others. */
export const conferenceKinds: Readonly<Record<string, CallsOfAKind>> = {
  'the moderator ends a conference': { open: moderated, outcome: 'met, Over, Over, CalleeHungUp' },
  'somebody leaves a conference by a key': { open: leaves, outcome: 'stayed on the line, Left, CalleeHungUp' },
  'somebody is called into a conference by request': { open: callsIn, outcome: 'met 3 met 2, CalleeHungUp' },
};
