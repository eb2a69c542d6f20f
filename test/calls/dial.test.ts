import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';
import { callerId, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { dialled as dialledCall } from '../support/dialled-call.ts';
import type { ShortParameter } from '../support/flow-builder.ts';
import { keptRecordings } from '../support/kept-recordings.ts';
import type { Person } from '../support/party-phones.ts';
import { sampleOf } from '../support/recorded-channels.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';

const dialled = (
  people: Readonly<Record<string, Person>>,
  parameters: Readonly<Record<string, ShortParameter>> = {},
  more: Partial<WorldOptions> = {},
) => dialledCall(people, { Number: FRIEND, ...parameters }, more);

describe('Dial', () => {
  it('joins the caller with who answers, until that one hangs up', async () => {
    const { phones, session, left } = await dialled({ [FRIEND]: { answerAfterMs: 2000, says: 2, hangUpAfterMs: 3000 } });
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(phones.heard(numberToDial)).toContain(2);
    expect(phones.heard(FRIEND)).toContain(1);
    expect(phones.callTo(FRIEND)?.from).toBe(callerId);
    expect(session.lines).toEqual(
      expect.arrayContaining([`Calling ${FRIEND}`, `${FRIEND} is ringing`, `${FRIEND} has answered`, `Joined with ${FRIEND}`]),
    );
    expect(left).toEqual(nothingLeft);
  });

  it('lets the caller hear a ringing tone meanwhile, and nothing of it once they are joined', async () => {
    const { phones, left } = await dialled({ [FRIEND]: { answerAfterMs: 3000, says: 2, hangUpAfterMs: 2000 } });
    const friend = phones.callTo(FRIEND);
    const packets = phones.callTo(numberToDial)?.rtp.received ?? [];
    const joinedAtMs = (friend?.atMs ?? 0) + 3000;
    const before = packets.filter(({ atMs }) => atMs < joinedAtMs);
    const after = packets.filter(({ atMs }) => atMs > joinedAtMs + 60 && atMs < joinedAtMs + 1900);
    expect(before.filter(({ payload }) => new Set(payload).size > 20).length).toBeGreaterThan(90);
    expect(new Set(after.flatMap(({ payload }) => [...payload]))).toEqual(new Set([2]));
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['busy', { answerAfterMs: 500, reject: 486 }, 'Busy'],
    ['rejecting', { answerAfterMs: 500, reject: 603 }, 'Rejected'],
    ['not there', { answerAfterMs: 500, reject: 480 }, 'NoAnswer'],
    ['ringing for ever', {}, 'NoAnswer'],
  ])('is left by its own way when the callee is %s', async (_what, person, outcome) => {
    const { session, phones, left } = await dialled({ [FRIEND]: person });
    expect(session.outcome).toBe(outcome);
    expect(phones.callTo(numberToDial)?.ended).toBe('peer');
    expect(left).toEqual(nothingLeft);
  });

  it('is left by Failed when the number does not exist', async () => {
    const { session, left } = await dialled({});
    expect(session.outcome).toBe('Failed');
    expect(left).toEqual(nothingLeft);
  });

  it('rings several at once: the first who answers is taken, the others are cancelled', async () => {
    const { session, phones, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 5000 }, [OTHER]: { answerAfterMs: 1500, says: 3, hangUpAfterMs: 1000 } },
      { Number: `${FRIEND}, ${OTHER}` },
    );
    expect(session.outcome).toBe(`Done Answered ${OTHER}`);
    expect(phones.callTo(FRIEND)).toMatchObject({ cancelled: true, answered: false });
    expect(phones.heard(numberToDial)).toContain(3);
    expect(left).toEqual(nothingLeft);
  });

  it('hangs up the second of two who answer in the same moment', async () => {
    const person = { answerAfterMs: 1500, hangUpAfterMs: 1000 };
    const { session, phones, left } = await dialled({ [FRIEND]: person, [OTHER]: person }, { Number: `${FRIEND},${OTHER}` });
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(phones.callTo(OTHER)).toMatchObject({ answered: true, ended: 'peer' });
    expect(left).toEqual(nothingLeft);
  });

  it('whispers to who answers, and joins them only when a key was pressed', async () => {
    const { session, phones, left } = await dialled(
      { [FRIEND]: { answerAfterMs: 500, says: 2, presses: { atMs: 1500, keys: '1' }, hangUpAfterMs: 5000 } },
      { WhisperText: 'x'.repeat(50), RequireKeyPress: '1' },
    );
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    const friend = phones.callTo(FRIEND);
    const joined = phones.callTo(numberToDial)?.rtp.received.find(({ payload }) => payload[0] === 2);
    expect((joined?.atMs ?? 0) - (friend?.atMs ?? 0)).toBeGreaterThanOrEqual(2000);
    const whispered = friend?.rtp.received.filter(({ payload }) => new Set(payload).size > 10) ?? [];
    expect(whispered.length).toBeGreaterThanOrEqual(40);
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['another key', { presses: { atMs: 1000, keys: '9' } }],
    ['none', {}],
  ])('does not join who answers and presses %s', async (_what, more) => {
    const { session, phones, left } = await dialled({ [FRIEND]: { answerAfterMs: 500, says: 2, ...more } }, { RequireKeyPress: '12' });
    expect(session.outcome).toBe('NoAnswer');
    expect(phones.heard(numberToDial)).not.toContain(2);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(left).toEqual(nothingLeft);
  });

  it('cancels what rings when the caller hangs up', async () => {
    const { session, phones, left } = await dialled({ [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 2000 }, [FRIEND]: {} });
    expect(session.outcome).toBe('CalleeHungUp');
    expect(phones.callTo(FRIEND)).toMatchObject({ cancelled: true });
    expect(left).toEqual(nothingLeft);
  });

  it('hangs up the other when the caller hangs up in the middle', async () => {
    const { session, phones, left } = await dialled({
      [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 4000 },
      [FRIEND]: { answerAfterMs: 500 },
    });
    expect(session.outcome).toBe('CalleeHungUp');
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(left).toEqual(nothingLeft);
  });

  it('passes keys on to the other side', async () => {
    const { phones, left } = await dialled({
      [numberToDial]: { answerAfterMs: 100, presses: { atMs: 2500, keys: '57' } },
      [FRIEND]: { answerAfterMs: 500, hangUpAfterMs: 4000 },
    });
    const events = phones.callTo(FRIEND)?.rtp.received.filter(({ payloadType, marker }) => payloadType === 101 && marker) ?? [];
    expect(events.map(({ payload }) => payload[0])).toEqual([5, 7]);
    expect(left).toEqual(nothingLeft);
  });

  it('records both from the moment at which they are joined', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dial-'));
    const path = join(folder, 'both.wav');
    const { recordings, saved } = keptRecordings(path);
    const people = { [FRIEND]: { answerAfterMs: 500, says: 2, hangUpAfterMs: 3000 } };
    const { session, left } = await dialled(people, { Record: true }, { recordings });
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(saved).toEqual([{ path, bytes: expect.any(Number), durationMs: expect.closeTo(3000, -2) }]);
    const wav = await readFile(path);
    await rm(folder, { recursive: true });
    const { frames, channels } = readWavHeader(wav);
    expect([frames, channels]).toEqual([Math.round((saved[0]?.durationMs ?? 0) * 8), 2]);
    const [toFriend, fromFriend] = [0, 2].map((side) => wav.readInt16LE(44 + 8000 * 4 + side));
    expect([toFriend, fromFriend]).toEqual([1, 2].map(sampleOf));
    expect(left).toEqual(nothingLeft);
  });

  it('shows an owned number only', async () => {
    const { session, phones, left } = await dialled({ [FRIEND]: { answerAfterMs: 500 } }, { CallerId: OTHER });
    expect(session.outcome).toBe('Failed');
    expect(phones.callTo(FRIEND)).toBeUndefined();
    expect(session.lines).toContainEqual(expect.stringContaining('not a phone number that the account owns'));
    expect(left).toEqual(nothingLeft);
  });

  it('needs a channel of the trunk for each call', async () => {
    const { session, phones, left } = await dialled({ [FRIEND]: { answerAfterMs: 500 } }, {}, { maxChannels: 1 });
    expect(session.outcome).toBe('Failed');
    expect(phones.callTo(FRIEND)).toBeUndefined();
    expect(left).toEqual(nothingLeft);
  });
});
