import { describe, expect, it } from 'vitest';
import { codeOf, led, meet, sumOf } from '../support/conference-calls.ts';

const [LEADER, BEN, CAT] = ['+18144043101', '+18144043102', '+18144043103'] as const;
const [L, B, C] = [codeOf(2000), codeOf(4000), codeOf(8000)];
const MUSIC = { HoldMusic: '01234567-89ab-7000-8000-00000000000f' };

describe('a conference with a moderator', () => {
  it('begins with the moderator: until then the others hear music, and not each other', async () => {
    const { heardBetween, sessions, over } = await meet(
      {
        [BEN]: { answerAfterMs: 100, says: B, hangUpAfterMs: 5000 },
        [CAT]: { answerAfterMs: 100, says: C, hangUpAfterMs: 5000 },
        [LEADER]: { answerAfterMs: 2000, says: L, hangUpAfterMs: 2000 },
      },
      {},
      led(LEADER, false, MUSIC),
    );
    await over();
    const waiting = heardBetween(BEN, 300, 1900);
    // A tone of which every packet has whole periods.
    expect(waiting).toHaveLength(1);
    expect([0xff, C]).not.toContain(waiting[0]);
    expect([BEN, CAT, LEADER].map((who) => heardBetween(who, 2200, 3800))).toEqual([[sumOf(L, C)], [sumOf(L, B)], [sumOf(B, C)]]);
    expect([BEN, CAT].map((who) => heardBetween(who, 4300, 5000))).toEqual([[C], [B]]);
    expect(sessions[0]?.lines).toContain('Waits for a moderator of the conference Sales');
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['CalleeHungUp', 'CalleeHungUp', 'CalleeHungUp']);
  });

  it('is over for all with the moderator when the node says so, and their flows go on', async () => {
    const { sessions, over } = await meet(
      {
        [LEADER]: { answerAfterMs: 100, presses: { atMs: 2000, keys: '*' } },
        [BEN]: { answerAfterMs: 100 },
        [CAT]: { answerAfterMs: 1000 },
      },
      {},
      led(LEADER, true),
    );
    await over();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['Left', 'Over', 'Over']);
    expect(new Set(sessions.map(({ endedAtMs }) => Math.round((endedAtMs ?? 0) / 100))).size).toBe(1);
  });

  it('is over for all when the moderator hangs up, too', async () => {
    const { sessions, over } = await meet(
      { [LEADER]: { answerAfterMs: 100, hangUpAfterMs: 1000 }, [BEN]: { answerAfterMs: 100 } },
      {},
      led(LEADER, true),
    );
    await over();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['CalleeHungUp', 'Over']);
  });

  it('may never begin: who waits alone can hang up', async () => {
    const { sessions, over } = await meet({ [BEN]: { answerAfterMs: 100, hangUpAfterMs: 1500 } }, {}, led(LEADER, true));
    await over();
    expect(sessions.map(({ outcome }) => outcome)).toEqual(['CalleeHungUp']);
  });
});
