import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeardAudio } from './heard-audio.ts';
import { RecordingFile } from './recording-file.ts';
import { RecordingWindow } from './recording-window.ts';

const CALL_MS = 40 * 60_000;
const BEHIND_SAMPLES = 240 * 8;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * What a recording has of 40 minutes of a peer whose frames take so many ms of ours: the share of samples that are not silent in each minute.
 * The call is played to somebody as well, or only recorded.
 */
async function recordedShares(frameMs: number, isPlayed: boolean): Promise<number[]> {
  const file = new RecordingFile(join(folder, 'long.wav'));
  const audio = new RecordingWindow(file, 1);
  const heard = new HeardAudio({
    taken: (samples, position, arrivalMs) => audio.put(0, samples, position, Math.round(arrivalMs * 8)),
    restarted: () => audio.restart(0),
  });
  const payload = new Uint8Array(160).fill(0x90);
  const loud = new Array<number>(CALL_MS / 60_000).fill(0);
  for (let nowMs = 0, number = 0; nowMs < CALL_MS; nowMs += 20) {
    for (; number * frameMs <= nowMs; number++) heard.put('PCMU', payload, number & 0xffff, number * 160, true, number * frameMs);
    if (isPlayed) heard.take(nowMs);
    else if (nowMs % 200 === 0) heard.gather(nowMs);
    while (audio.taken + 160 <= nowMs * 8 - BEHIND_SAMPLES) {
      const minute = Math.floor(audio.taken / (60 * 8000));
      for (const sample of audio.next(160)) if (sample !== 0) loud[minute] = (loud[minute] ?? 0) + 1;
      audio.drop(160);
    }
  }
  audio.close();
  await file.finish(0);
  expect(heard.counts.jumps).toBe(0);
  return loud.slice(1, -1).map((samples) => samples / (60 * 8000));
}

describe('the recording of a long call', () => {
  it.each([
    ['slower', 'played, too', 20.006],
    ['faster', 'played, too', 19.994],
    ['slower', 'recorded only', 20.006],
    ['faster', 'recorded only', 19.994],
  ])('has all that a peer says whose clock is %s than ours; %s', async (_which, how, frameMs) => {
    const shares = await recordedShares(frameMs, how !== 'recorded only');
    expect(shares.map((share) => Math.round(share * 100)).join(' ')).toBe(new Array(shares.length).fill(100).join(' '));
  });
});
