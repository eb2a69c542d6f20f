import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { AnsweredCall } from '../../src/telephony/port.ts';
import type { Baresip } from './baresip.ts';
import { hearing } from './heard-tones.ts';

const never = new AbortController().signal;
/** Longer than a key of baresip sounds. */
const BETWEEN_KEYS_MS = 200;

/** Says a tone again and again until baresip has heard it. @throws when it has not within 15 s */
export async function heardByBaresip(leg: AnsweredCall, phone: Baresip, hz: number): Promise<void> {
  const heard = new AbortController();
  const said = (async () => {
    while (!heard.signal.aborted) await leg.play(makePrompt(tone(hz, 500, -15)), { interruptible: false }, heard.signal);
  })().catch(() => {});
  await hearing(hz, phone).finally(() => heard.abort());
  await said;
}

/** baresip presses keys, and we do. Each side has to get them all, in order and once. */
export async function pressKeys(leg: AnsweredCall, phone: Baresip): Promise<void> {
  const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never);
  await press(phone, '4*2#');
  expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
  await leg.sendDigits('79*D', never);
  await keysHeard(phone, '79*D');
}

/** baresip presses these keys. */
export async function press(phone: Baresip, keys: string): Promise<void> {
  for (const key of keys) {
    await phone.command('sndcode', key);
    await delay(BETWEEN_KEYS_MS);
  }
}

/** Waits until baresip has got these keys, in order and once, and no others. @throws when it has not in time */
export async function keysHeard(phone: Baresip, keys: string, withinMs = 5_000): Promise<void> {
  const look = async (): Promise<void> => {
    const heard = [...(await phone.log()).matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key);
    expect(heard.join('')).toBe(keys);
  };
  await vi.waitFor(look, { timeout: withinMs, interval: 100 });
}

/** baresip holds the call, and resumes it. */
export async function holdAndResume(phone: Baresip): Promise<void> {
  const described = async (direction: string): Promise<number> =>
    (await phone.log()).match(new RegExp(`^a=${direction}\\r?$`, 'gm'))?.length ?? 0;
  const agreed = (direction: string, times: number): Promise<void> =>
    vi.waitFor(async () => expect(await described(direction)).toBeGreaterThanOrEqual(times), { timeout: 10_000, interval: 100 });
  await phone.command('hold');
  await agreed('recvonly', 1);
  const before = await described('sendrecv');
  await phone.command('resume');
  // Its offer, and our answer.
  await agreed('sendrecv', before + 2);
}
