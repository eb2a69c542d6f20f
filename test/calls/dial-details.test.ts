import { describe, expect, it } from 'vitest';
import { nothingLeft, numberToDial } from '../support/call-world.ts';
import { dialled } from '../support/dialled-call.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';

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
