import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingFile } from '../media/recording-file.ts';
import { mendRecording } from './mend-recording.ts';
import { readWavHeader, wavHeader } from './wav.ts';

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
  path = join(folder, 'recording.wav');
});
afterAll(() => rm(folder, { recursive: true }));

const audio = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, (_, index) => index % 251));

describe('a recording whose writer is gone', () => {
  it.each([1, 2] as const)('has all of its audio, whatever its header says; %i channels', async (channels) => {
    for (const saidBytes of [0, 160, 1_000_000]) {
      await writeFile(path, Buffer.concat([wavHeader(8000, saidBytes, channels), audio(320 * channels * 100)]));
      expect(await mendRecording(path)).toEqual({ durationMs: 2000, bytes: 44 + 32_000 * channels });
      const mended = await readFile(path);
      expect(mended.equals(Buffer.concat([wavHeader(8000, 32_000 * channels, channels), audio(32_000 * channels)]))).toBe(true);
      expect(readWavHeader(mended)).toMatchObject({ frames: 16_000, channels });
    }
  });

  it('loses half a sample at the end', async () => {
    for (const more of [1, 2, 3]) {
      await writeFile(path, Buffer.concat([wavHeader(8000, 0, 2), audio(8000 + more)]));
      expect(await mendRecording(path)).toEqual({ durationMs: 250, bytes: 8044 });
      expect(await readFile(path)).toHaveLength(8044);
    }
  });

  it('stays as it is when it was complete', async () => {
    const file = new RecordingFile(path);
    file.append(new Int16Array(12_000).fill(700));
    const bytes = await file.finish(12_000);
    const before = await readFile(path);
    expect(await mendRecording(path)).toEqual({ durationMs: 1500, bytes });
    expect(before.equals(await readFile(path))).toBe(true);
  });

  it('is nothing before its first sample', async () => {
    await writeFile(path, Buffer.concat([wavHeader(8000, 0, 2), audio(3)]));
    expect(await mendRecording(path)).toBeUndefined();
    for (const size of [44, 20, 0]) {
      await truncate(path, size);
      expect(await mendRecording(path)).toBeUndefined();
    }
  });

  it('is not made of something else', async () => {
    for (const bytes of [audio(500), Buffer.concat([wavHeader(8000, 500).subarray(0, 34), audio(500)])]) {
      await writeFile(path, bytes);
      const before = await readFile(path);
      await expect(mendRecording(path)).rejects.toThrow('it ');
      expect(before.equals(await readFile(path))).toBe(true);
    }
    await expect(mendRecording(join(folder, 'none.wav'))).rejects.toThrow('ENOENT');
  });
});
