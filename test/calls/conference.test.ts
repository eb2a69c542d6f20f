import { describe, expect, it } from 'vitest';
import { codeOf, meet, sumOf } from '../support/conference-calls.ts';

const [ANN, BEN, CAT] = ['+18144043101', '+18144043102', '+18144043103'] as const;

/** People who say a level of their own all the time. */
const [A, B, C] = [codeOf(2000), codeOf(4000), codeOf(8000)];
const [AB, AC, BC] = [sumOf(A, B), sumOf(A, C), sumOf(B, C)];

describe('Conference', () => {
  it('lets each hear the sum of all others, and not itself', async () => {
    const { heardBetween, sessions, over } = await meet({
      [ANN]: { answerAfterMs: 100, says: A, hangUpAfterMs: 5000 },
      [BEN]: { answerAfterMs: 100, says: B, hangUpAfterMs: 5000 },
      [CAT]: { answerAfterMs: 1000, says: C, hangUpAfterMs: 2000 },
    });
    await over();
    expect([ANN, BEN].map((who) => heardBetween(who, 500, 1000))).toEqual([[B], [A]]);
    expect([ANN, BEN, CAT].map((who) => heardBetween(who, 1500, 2900))).toEqual([[BC], [AC], [AB]]);
    expect([ANN, BEN].map((who) => heardBetween(who, 3200, 5000))).toEqual([[B], [A]]);
    expect(sessions[2]?.lines).toEqual(expect.arrayContaining(['Joined the conference Sales, 3 members', 'Left the conference Sales']));
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['CalleeHungUp', 'CalleeHungUp', 'CalleeHungUp']);
  });

  it('names the conference on the session while it is there, the same for all, and not after', async () => {
    const { world, sessions, over } = await meet({
      [ANN]: { answerAfterMs: 100, hangUpAfterMs: 2000 },
      [BEN]: { answerAfterMs: 100, hangUpAfterMs: 1000 },
    });
    await world.clock.advance(500);
    const [one, two] = sessions.map(({ conference }) => conference?.sid);
    expect(one).toMatch(/^[0-9a-f-]{36}$/);
    expect(two).toBe(one);
    expect(sessions[0]?.state).toMatchObject({ conference: { sid: one } });
    await over();
    expect(sessions.map(({ conference }) => conference)).toEqual([null, null]);
  });

  it('is another one for those who come when all were gone', async () => {
    const { world, sessions, over } = await meet({
      [ANN]: { answerAfterMs: 100, hangUpAfterMs: 500 },
      [BEN]: { answerAfterMs: 2000, hangUpAfterMs: 1000 },
    });
    await world.clock.advance(300);
    const first = sessions[0]?.conference?.sid;
    await world.clock.advance(2000);
    expect(sessions[1]?.conference?.sid).not.toBe(first);
    await over();
  });

  it('does not let the others hear who is muted', async () => {
    const { heardBetween, over } = await meet(
      { [ANN]: { answerAfterMs: 100, says: A, hangUpAfterMs: 2000 }, [BEN]: { answerAfterMs: 100, says: B, hangUpAfterMs: 2000 } },
      { Muted: true },
    );
    await over();
    expect([ANN, BEN].flatMap((who) => heardBetween(who, 300, 2000))).toEqual([0xff, 0xff]);
  });

  it('is left by a key, and the flow goes on', async () => {
    const { sessions, over } = await meet(
      {
        [ANN]: { answerAfterMs: 100, presses: { atMs: 1000, keys: '5*' } },
        [BEN]: { answerAfterMs: 100, hangUpAfterMs: 3000 },
      },
      { LeaveKeys: '*#' },
    );
    await over();
    expect(sessions[0]?.outcome).toMatch(/^Done 1\.\d+$/);
    expect(sessions[1]?.outcome).toBe('CalleeHungUp');
  });

  it('takes no more than its members', async () => {
    const { sessions, over } = await meet(
      {
        [ANN]: { answerAfterMs: 100, hangUpAfterMs: 1000 },
        [BEN]: { answerAfterMs: 100, hangUpAfterMs: 1000 },
        [CAT]: { answerAfterMs: 500 },
      },
      {},
      { conferenceMembers: 2 },
    );
    await over();
    expect(sessions[2]?.outcome).toBe('Full');
    expect(sessions[2]?.lines).toContain('There is no room in the conference Sales: it has 2 members');
  });

  it('has room for fifty calls: each of them hears all others, and not itself', async () => {
    const levels = Array.from({ length: 25 }, (_none, at) => 2000 + 400 * at);
    // All of them together are silence, so that each hears the opposite of what it says; whoever were missing would be missed by all others.
    const says = new Map(levels.flatMap((level) => [level, -level]).map((level, at) => [`+181440430${10 + at}`, codeOf(level)] as const));
    const everybody = [...says.keys()];
    const late = '+18144043099';
    const { heardBetween, sessions, world, over } = await meet(
      {
        ...Object.fromEntries([...says].map(([who, code]) => [who, { answerAfterMs: 100, says: code, hangUpAfterMs: 2000 }])),
        [late]: { answerAfterMs: 500 },
      },
      {},
      { maxChannels: 51, conferenceMembers: 50, trunk: { callsPerSecond: 510 } },
    );
    await world.clock.advance(1000);
    expect(world.liveThings()).toMatchObject({ sessions: 50, legs: 50, streams: 50 });
    await over();
    const others = (who: string): number[] => [...says].filter(([other]) => other !== who).map(([, code]) => code);
    expect(everybody.map((who) => heardBetween(who, 500, 2000))).toEqual(everybody.map((who) => [sumOf(...others(who))]));
    expect(sessions.map(({ outcome }) => outcome)).toEqual([...everybody.map(() => 'CalleeHungUp'), 'Full']);
  });

  it('tells the others by a tone who comes and goes', async () => {
    const { heardBetween, over } = await meet(
      { [ANN]: { answerAfterMs: 100, hangUpAfterMs: 4000 }, [BEN]: { answerAfterMs: 1000, hangUpAfterMs: 1000 } },
      { Announce: true },
    );
    await over();
    expect(heardBetween(ANN, 300, 900)).toEqual([0xff]);
    expect(heardBetween(ANN, 950, 1300).length).toBe(2);
    expect(heardBetween(ANN, 1400, 1900)).toEqual([0xff]);
    expect(heardBetween(ANN, 1950, 2300).length).toBe(2);
    expect(heardBetween(ANN, 2400, 3900)).toEqual([0xff]);
  });

  it('has one tone for all who come while it is heard, and none that waits behind it', async () => {
    const late = Array.from({ length: 4 }, (_none, at) => `+181440432${10 + at}`);
    const { heardBetween, over } = await meet(
      {
        [ANN]: { answerAfterMs: 100, hangUpAfterMs: 5000 },
        ...Object.fromEntries(late.map((who) => [who, { answerAfterMs: 1000, hangUpAfterMs: 2000 }])),
      },
      { Announce: true },
    );
    await over();
    expect(heardBetween(ANN, 950, 1300).length).toBe(2);
    expect(heardBetween(ANN, 1450, 2900)).toEqual([0xff]);
    expect(heardBetween(ANN, 2950, 3300).length).toBe(2);
    expect(heardBetween(ANN, 3450, 5000)).toEqual([0xff]);
  });

  it('is over with the call when the server stops', async () => {
    const { world, sessions, over } = await meet({ [ANN]: { answerAfterMs: 100 }, [BEN]: { answerAfterMs: 100 } });
    await world.clock.advance(1000);
    await world.stop();
    await over();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['ServerShutDown', 'ServerShutDown']);
  });
});
