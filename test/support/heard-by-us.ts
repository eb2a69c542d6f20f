import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { AnsweredCall } from '../../src/telephony/port.ts';
import { loudest, samplesOf } from './heard-tones.ts';

/** Records the other side for so long. Answers how loud a tone of this frequency is in it at the most. */
export async function heardByUs(leg: AnsweredCall, hz: number, maxMs: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'heard-by-us-'));
  const path = join(folder, 'heard.wav');
  try {
    await leg.record({ path, maxMs, terminators: '', silenceMs: 0, trimSilence: false }, new AbortController().signal);
    return loudest(hz, samplesOf(await readFile(path)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A tone that was sent is in each half of a second. */
const LISTENS_MS = 500;

/** Listens again and again until we have heard a tone of this frequency at this level. @throws when we have not within 15 s */
export function hearTone(leg: AnsweredCall, hz: number, level = 0.2): Promise<void> {
  return vi.waitFor(async () => expect(await heardByUs(leg, hz, LISTENS_MS)).toBeGreaterThan(level), { timeout: 15_000 });
}
