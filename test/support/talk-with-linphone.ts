import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { AnsweredCall, AudioCodec } from '../../src/telephony/port.ts';
import type { Linphone } from './linphone.ts';
import { buildWav, pcm16, sine } from './sound.ts';

const names = { PCMU: 'PCMU/8000/1', PCMA: 'PCMA/8000/1', G722: 'G722/8000/1', opus: 'opus/48000/2' } as const;
/** Longer than a key of linphone sounds. */
const BETWEEN_KEYS_MS = 250;
const TONE_SECONDS = 20;

/** Has linphone offer and take these codecs only, from its next description on. */
export function useCodecs(phone: Linphone, codecs: readonly AudioCodec[]): void {
  phone.command('audio-codec-disable ALL');
  for (const codec of codecs) phone.command(`audio-codec-enable ${names[codec]}`);
}

/** Waits until the first call of linphone is in this state. @throws when it is not in time */
export async function inState(phone: Linphone, expected: string, withinMs = 15_000): Promise<void> {
  const look = (): void => {
    phone.command('call-status 1');
    expect(phone.latest(/State: (\w+)/g)).toBe(expected);
  };
  await vi.waitFor(look, { timeout: withinMs, interval: 200 });
}

/** linphone holds its first call, and resumes it. */
export async function pauseAndResume(phone: Linphone): Promise<void> {
  phone.command('call-pause 1');
  await inState(phone, 'LinphoneCallPaused');
  phone.command('call-resume 1');
  await inState(phone, 'LinphoneCallStreamsRunning');
}

/** Has linphone speak with a sine in its first call: it has no microphone, and sends keys only without this. */
export async function speaks({ folder, command }: Linphone, hz: number): Promise<void> {
  const path = join(folder, 'tone.wav');
  await writeFile(path, buildWav({ data: pcm16(sine(hz, 8000, TONE_SECONDS)) }));
  command(`incall-player-start ${path} 1`);
}

/** linphone presses keys one by one, with `press`. We have to get them all, in order and once. */
export async function getKeys(leg: AnsweredCall, press: (key: string) => void): Promise<void> {
  const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, new AbortController().signal);
  for (const key of '4*2#') {
    press(key);
    await delay(BETWEEN_KEYS_MS);
  }
  expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
}
