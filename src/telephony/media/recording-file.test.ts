import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWavHeader } from '../audio/wav.ts';
import { RecordingFile } from './recording-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ramp = (from: number, count: number): Int16Array<ArrayBuffer> =>
  Int16Array.from({ length: count }, (_, index) => ((from + index) % 60_000) - 30_000);

const append = (file: RecordingFile, samples: Int16Array<ArrayBuffer>): void => file.write(samples, samples.length);

function samplesOf(bytes: Buffer): number[] {
  const { dataAt, frames } = readWavHeader(bytes);
  return Array.from({ length: frames }, (_, index) => bytes.readInt16LE(dataAt + index * 2));
}

/** The file when so much of it is there, and the header says what it says of that. */
async function written(path: string, frames: number): Promise<Buffer> {
  for (let tries = 0; tries < 400; tries++) {
    if ((await stat(path)).size >= 44 + frames * 2) return settled(path, frames - ((frames / 8_000 - 1) % 10) * 8_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the file never got so far');
}

async function settled(path: string, frames: number): Promise<Buffer> {
  for (let tries = 0; tries < 400; tries++) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.length >= 44 && readWavHeader(bytes).frames >= frames) return bytes;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the file never got so far');
}

describe('RecordingFile', () => {
  it('holds what was appended, as 16 bit mono at 8000 Hz', async () => {
    const path = join(folder, 'a.wav');
    const file = new RecordingFile(path);
    for (let at = 0; at < 20_000; at += 5_000) file.write(ramp(at, 6_000), 5_000);
    expect(file.samples).toBe(20_000);
    expect(await file.finish(20_000)).toBe(44 + 40_000);
    const bytes = await readFile(path);
    expect(bytes).toHaveLength(44 + 40_000);
    expect(readWavHeader(bytes)).toMatchObject({ encoding: 'pcm16', sampleRate: 8_000, channels: 1, frames: 20_000 });
    expect(samplesOf(bytes)).toEqual([...ramp(0, 20_000)]);
  });

  it('can be read at every moment: the header never promises more than is there, and says it all every ten seconds', async () => {
    const path = join(folder, 'b.wav');
    const file = new RecordingFile(path);
    await settled(path, 0);
    for (let second = 1; second <= 21; second++) {
      append(file, ramp((second - 1) * 8_000, 8_000));
      const promised = second - ((second - 1) % 10);
      const bytes = await written(path, second * 8_000);
      expect(readWavHeader(bytes).frames).toBe(promised * 8_000);
      expect(samplesOf(bytes)).toEqual([...ramp(0, promised * 8_000)]);
    }
    await file.finish(21 * 8_000);
    expect(samplesOf(await readFile(path))).toEqual([...ramp(0, 21 * 8_000)]);
  });

  it('cuts to the samples that are wanted', async () => {
    const path = join(folder, 'c.wav');
    const file = new RecordingFile(path);
    append(file, ramp(0, 12_345));
    expect(await file.finish(9_000)).toBe(44 + 18_000);
    expect(samplesOf(await readFile(path))).toEqual([...ramp(0, 9_000)]);
  });

  it('is an empty file of sound when nothing was appended, in place of an older one', async () => {
    const path = join(folder, 'a.wav');
    expect(await new RecordingFile(path).finish(0)).toBe(44);
    expect(readWavHeader(await readFile(path)).frames).toBe(0);
  });

  it('does not wait for a slow disk, and has silence in place of what could not be held', async () => {
    const path = join(folder, 'd.wav');
    const file = new RecordingFile(path);
    // All at once, so that nothing can be written meanwhile: 40 s, of which 30 s may wait.
    for (let second = 0; second < 40; second++) append(file, new Int16Array(8_000).fill(1_000));
    await file.finish(40 * 8_000);
    expect(file.lost).toBe(10 * 8_000);
    const samples = samplesOf(await readFile(path));
    expect(samples).toHaveLength(320_000);
    expect(samples.filter((sample) => sample === 1_000)).toHaveLength(30 * 8_000);
    expect(samples[320_000 - 1]).toBe(0);
  });

  it('tells what the disk said, at once and at the end', async () => {
    const told = new Promise((resolve) => {
      void new RecordingFile('/dev/full', 1, resolve);
    });
    expect(await told).toMatchObject({ code: 'ENOSPC' });
    const file = new RecordingFile(join(folder, 'no-such-folder', 'e.wav'));
    append(file, ramp(0, 20_000));
    await expect(file.finish(20_000)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
