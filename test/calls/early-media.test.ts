import { describe, expect, it } from 'vitest';
import { nothingLeft, numberToDial } from '../support/call-world.ts';
import { type DialledOptions, dialled } from '../support/dialled-call.ts';
import type { ShortParameter } from '../support/flow-builder.ts';
import type { Person } from '../support/party-phones.ts';
import { OTHER_MUSIC } from '../support/spoken-tones.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';

/** A call whose flow dials; what the caller has heard in a part of it, each code once. */
async function dial(
  people: Readonly<Record<string, Person>>,
  parameters: Readonly<Record<string, ShortParameter>> = {},
  more: DialledOptions = {},
) {
  const all = await dialled(people, { Number: FRIEND, ...parameters }, more);
  const began = all.phones.callTo(FRIEND)?.atMs ?? 0;
  const heard = (fromMs: number, toMs: number): number[] => {
    const packets = all.phones.callTo(numberToDial)?.rtp.received.filter(({ atMs }) => atMs >= began + fromMs && atMs < began + toMs) ?? [];
    return [...new Set(packets.flatMap(({ payload }) => [...payload]))];
  };
  return { ...all, heard };
}

describe('the early media of who is dialled (183)', () => {
  it('is what the caller hears before the answer, in the place of the ringing tone', async () => {
    const { heard, phones, session, left } = await dial({ [FRIEND]: { announces: 7, answerAfterMs: 3000, says: 2, hangUpAfterMs: 1000 } });
    expect(heard(200, 2900)).toEqual([7]);
    expect(heard(3200, 3900)).toEqual([2]);
    expect(phones.heard(FRIEND)).toContain(1);
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(left).toEqual(nothingLeft);
  });

  it('is heard to the end of a call that is never answered', async () => {
    const { heard, session, left } = await dial({ [FRIEND]: { announces: 7, answerAfterMs: 3000, reject: 486 } });
    expect(heard(200, 2900)).toEqual([7]);
    expect(session.outcome).toBe('Busy');
    expect(left).toEqual(nothingLeft);
  });

  it('is not heard when the flow has audio of its own for it', async () => {
    const { heard, left } = await dial({ [FRIEND]: { announces: 7, answerAfterMs: 3000, hangUpAfterMs: 500 } }, { RingAudio: OTHER_MUSIC });
    // All of that file is this code.
    expect(heard(200, 2900)).toEqual([9]);
    expect(left).toEqual(nothingLeft);
  });

  it('gives way to the ringing tone while who has answered is asked for a key', async () => {
    const { heard, phones, session, left } = await dial(
      { [FRIEND]: { announces: 7, answerAfterMs: 1000, says: 2, presses: { atMs: 2000, keys: '1' }, hangUpAfterMs: 4000 } },
      { RequireKeyPress: '1' },
    );
    expect(heard(200, 900)).toEqual([7]);
    expect(heard(1200, 2800)).not.toContain(2);
    expect(heard(1200, 2800).length).toBeGreaterThan(20);
    expect(heard(3500, 4900)).toEqual([2]);
    // The caller is not heard there until the key is pressed, two seconds after the answer.
    const friend = phones.callTo(FRIEND);
    const early = friend?.rtp.received.filter(({ atMs }) => atMs >= friend.atMs + 1200 && atMs < friend.atMs + 2800) ?? [];
    expect(early.flatMap(({ payload }) => [...payload])).not.toContain(1);
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(left).toEqual(nothingLeft);
  });

  it('of the first of several is heard until that one is gone; the rest goes on to ring', async () => {
    const { heard, session, left } = await dial(
      {
        [FRIEND]: { announces: 7, answerAfterMs: 2000, reject: 486 },
        [OTHER]: { announces: 8, answerAfterMs: 4000, says: 3, hangUpAfterMs: 1000 },
      },
      { Number: `${FRIEND},${OTHER}` },
    );
    expect(heard(300, 1900)).toEqual([7]);
    expect(heard(2200, 3900)).not.toContain(7);
    expect(heard(2200, 3900).length).toBeGreaterThan(20);
    expect(heard(4200, 4900)).toEqual([3]);
    expect(session.outcome).toBe(`Done Answered ${OTHER}`);
    expect(left).toEqual(nothingLeft);
  });

  it('of one is over when another answers, and the end of that one leaves the two who talk alone', async () => {
    const { heard, phones, session, left } = await dial(
      { [FRIEND]: { announces: 7 }, [OTHER]: { answerAfterMs: 2000, says: 3, hangUpAfterMs: 2000 } },
      { Number: `${FRIEND},${OTHER}` },
    );
    expect(heard(300, 1900)).toEqual([7]);
    expect(heard(2200, 3900)).toEqual([3]);
    expect(phones.heard(OTHER)).toContain(1);
    expect(phones.callTo(FRIEND)?.cancelled).toBe(true);
    expect(session.outcome).toBe(`Done Answered ${OTHER}`);
    expect(left).toEqual(nothingLeft);
  });

  it('ends with a caller who hangs up', async () => {
    const { phones, session, left } = await dial({
      [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 1500 },
      [FRIEND]: { announces: 7 },
    });
    expect(session.outcome).toBe('CalleeHungUp');
    expect(phones.callTo(FRIEND)?.cancelled).toBe(true);
    expect(left).toEqual(nothingLeft);
  });
});
