import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { nothingLeft, numberToDial } from '../support/call-world.ts';
import { dialled } from '../support/dialled-call.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';
const DESK = '10.0.1.1';
const ada: DialledEndpoint = { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' };

describe('Dial', () => {
  it('rings a number once, however often it is named', async () => {
    const { phones, session, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 500, hangUpAfterMs: 500 } },
      { Number: `${FRIEND},${FRIEND}` },
    );
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(phones.calls.filter(({ number }) => number === FRIEND)).toHaveLength(1);
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['a number', 5, { Number: FRIEND }],
    ['a number', 13, { Number: FRIEND }],
    ['the phone of a user', 5, { User: 'ada' }],
    ['the phone of a user', 13, { User: 'ada' }],
  ])('rings %s for so long: %i s', async (_who, seconds, parameters) => {
    const { phones, others, session, left } = await dialled(
      { [FRIEND]: {} },
      { ...parameters, TimeoutInSeconds: seconds },
      { endpoints: { ada }, userFlow: undefined, registered: { [DESK]: { alice: {} } } },
    );
    expect(session.outcome).toBe('NoAnswer');
    const [call] = [...(others[0]?.calls ?? []), ...phones.calls.filter(({ number }) => number === FRIEND)];
    const rangMs = (call?.cancelledAtMs ?? 0) - (call?.atMs ?? 0);
    expect(rangMs).toBeGreaterThanOrEqual(seconds * 1000 - 100);
    expect(rangMs).toBeLessThanOrEqual(seconds * 1000 + 100);
    expect(left).toEqual(nothingLeft);
  });

  it('lets the caller hear the ringing tone again and again until the answer', async () => {
    const { phones, session, left } = await dialled({ [FRIEND]: { answerAfterMs: 10_000, hangUpAfterMs: 500 } }, { Number: FRIEND });
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    const began = phones.callTo(FRIEND)?.atMs ?? 0;
    const heard = (fromMs: number, toMs: number) =>
      new Set(
        phones
          .callTo(numberToDial)
          ?.rtp.received.filter(({ atMs }) => atMs >= began + fromMs && atMs < began + toMs)
          .flatMap(({ payload }) => [...payload]),
      ).size;
    expect(heard(200, 1800)).toBeGreaterThan(20);
    expect(heard(2300, 5800)).toBe(1);
    expect(heard(6300, 7800)).toBeGreaterThan(20);
    expect(left).toEqual(nothingLeft);
  });

  it('ends the whisper with the key that takes the call', async () => {
    const { phones, session, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 500, says: 2, presses: { atMs: 500, keys: '1' }, hangUpAfterMs: 4000 } },
      { Number: FRIEND, WhisperText: 'x'.repeat(500), RequireKeyPress: '1' },
    );
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    const joined = phones.callTo(numberToDial)?.rtp.received.find(({ payload }) => payload[0] === 2);
    expect((joined?.atMs ?? 0) - (phones.callTo(FRIEND)?.atMs ?? 0)).toBeLessThan(2500);
    expect(left).toEqual(nothingLeft);
  });

  it('goes on ringing others when one answers and presses nothing, until one has pressed the key', async () => {
    const third = '+18144043333';
    const { phones, session, left } = await dialled(
      {
        [FRIEND]: { answerAfterMs: 500, says: 2 },
        [OTHER]: { answerAfterMs: 4000, says: 3, presses: { atMs: 1000, keys: '1' }, hangUpAfterMs: 3000 },
        [third]: {},
      },
      { Number: `${FRIEND},${OTHER},${third}`, RequireKeyPress: '1' },
    );
    expect(session.outcome).toBe(`Done Answered ${OTHER}`);
    expect([FRIEND, OTHER, third].map((who) => phones.callTo(who)?.cancelled)).toEqual([false, false, true]);
    expect(phones.callTo(FRIEND)).toMatchObject({ answered: true, ended: 'peer' });
    expect(phones.heard(numberToDial)).toContain(3);
    expect(phones.heard(numberToDial)).not.toContain(2);
    const joinedAtMs = (phones.callTo(OTHER)?.atMs ?? 0) + 5000;
    // Who had answered stays on the line, as it may still press, until the other has.
    const lastHeard = (who: string): number => phones.callTo(who)?.rtp.received.at(-1)?.atMs ?? 0;
    expect(lastHeard(FRIEND)).toBeGreaterThan(joinedAtMs - 200);
    expect(lastHeard(FRIEND)).toBeLessThan(joinedAtMs + 500);
    expect(left).toEqual(nothingLeft);
  });

  it('rings others on when one has answered and not pressed the key in time', async () => {
    const { phones, session, left } = await dialled(
      {
        [FRIEND]: { answerAfterMs: 500, says: 2 },
        [OTHER]: { answerAfterMs: 15_000, says: 3, presses: { atMs: 1000, keys: '1' }, hangUpAfterMs: 3000 },
      },
      { Number: `${FRIEND},${OTHER}`, RequireKeyPress: '1' },
    );
    expect(session.outcome).toBe(`Done Answered ${OTHER}`);
    expect(session.lines).toContain(`${FRIEND} has not taken the call`);
    expect(phones.heard(numberToDial)).not.toContain(2);
    expect(left).toEqual(nothingLeft);
  });

  it('lets no key end a whisper that needs none', async () => {
    const { phones, session, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 500, says: 2, presses: { atMs: 300, keys: '1' }, hangUpAfterMs: 4000 } },
      { Number: FRIEND, WhisperText: 'x'.repeat(100) },
    );
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    const joined = phones.callTo(numberToDial)?.rtp.received.find(({ payload }) => payload[0] === 2);
    expect((joined?.atMs ?? 0) - (phones.callTo(FRIEND)?.atMs ?? 0)).toBeGreaterThanOrEqual(2400);
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['nobody answers and one is busy', { answerAfterMs: 100, reject: 486 }, {}, 'NoAnswer'],
    ['one is busy and one does not want it', { answerAfterMs: 100, reject: 486 }, { answerAfterMs: 100, reject: 603 }, 'Busy'],
    ['one does not want it and one does not exist', { answerAfterMs: 100, reject: 603 }, { answerAfterMs: 100, reject: 404 }, 'Rejected'],
  ])('says of several what is nearest to an answer: %s', async (_what, friend, other, outcome) => {
    for (const people of [
      { [FRIEND]: friend, [OTHER]: other },
      { [FRIEND]: other, [OTHER]: friend },
    ]) {
      const { session, left } = await dialled(people, { Number: `${FRIEND},${OTHER}`, TimeoutInSeconds: 3 });
      expect(session.outcome).toBe(outcome);
      expect(left).toEqual(nothingLeft);
    }
  });
});
