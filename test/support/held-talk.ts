import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect } from 'vitest';
import { fromNowOn, type HearingPhone, hearing, loudestSoFar } from './heard-tones.ts';
import { buildWav, pcm16, sine } from './sound.ts';

// Two phones that each say a tone, of which one is held with music, which is a third.

export const CALLER_HZ = 440;
export const CALLED_HZ = 1000;
const MUSIC_HZ = 1900;
/** As much of a tone is in silence. */
const SILENT = 0.02;
/** As much of it is at the most where another tone breaks off, as when a packet is late. It is four times as loud where it is spoken. */
const BROKEN = 0.12;
/** linphone writes a quarter of a second at once, and buffers less. */
const SETTLES_MS = 500;
const LISTENS_MS = 1000;

/** A file of the music, for all tests of a file. */
export function holdMusic(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hold-music-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'music.wav');
  writeFileSync(path, buildWav({ data: pcm16(sine(MUSIC_HZ, 8000, 2)) }));
  return path;
}

/** From now on each hears the other. */
export async function talking(calling: HearingPhone, called: HearingPhone): Promise<void> {
  const [calling1, called1] = [await fromNowOn(calling), await fromNowOn(called)];
  await Promise.all([hearing(CALLED_HZ, calling1), hearing(CALLER_HZ, called1)]);
}

/** What is under way when a hold begins has been heard: from then on there is music, and no word of the other. */
export async function hearsMusic(phone: HearingPhone, otherHz: number): Promise<void> {
  await hearing(MUSIC_HZ, await fromNowOn(phone));
  await delay(SETTLES_MS);
  const held = await fromNowOn(phone);
  await hearing(MUSIC_HZ, held, 0.2);
  await delay(LISTENS_MS);
  expect(await loudestSoFar(otherHz, held)).toBeLessThan(BROKEN);
}

export async function hearsNothing(phone: HearingPhone, otherHz: number): Promise<void> {
  await delay(SETTLES_MS);
  const held = await fromNowOn(phone);
  await delay(LISTENS_MS);
  for (const hz of [otherHz, MUSIC_HZ]) expect(await loudestSoFar(hz, held)).toBeLessThan(SILENT);
}
