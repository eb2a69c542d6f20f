import { mkdtemp, readdir, readFile, readlink, realpath, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordingFile } from '../media/recording-file.ts';
import { NotAudioError } from './audio-source.ts';
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
    file.write(new Int16Array(12_000).fill(700), 12_000);
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

  it('is not made of sound files of others, whatever they hold', async () => {
    const g711 = Buffer.from(wavHeader(8000, 500));
    g711.writeUInt16LE(7, 20);
    g711.writeUInt32LE(8000, 28);
    g711.writeUInt16LE(1, 32);
    g711.writeUInt16LE(8, 34);
    const own = Buffer.from(wavHeader(8000, 500));
    const comment = Buffer.from('LIST\x04\0\0\0INFO');
    const commented = Buffer.concat([own.subarray(0, 36), comment, own.subarray(36)]);
    for (const header of [g711, commented]) {
      const bytes = Buffer.concat([header, audio(500)]);
      await writeFile(path, bytes);
      await expect(mendRecording(path)).rejects.toThrow(NotAudioError);
      expect(bytes.equals(await readFile(path))).toBe(true);
    }
  });

  it('is closed, whatever it was', async () => {
    for (const bytes of [Buffer.concat([wavHeader(8000, 0), audio(800)]), wavHeader(8000, 0), audio(500)]) {
      await writeFile(path, bytes);
      await mendRecording(path).catch(() => undefined);
    }
    const open = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect(open).not.toContain(await realpath(path));
  });
});
