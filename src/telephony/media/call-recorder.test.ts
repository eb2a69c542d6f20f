import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearOf } from '../audio/g711.ts';
import { readWavHeader } from '../audio/wav.ts';
import { CallRecorder } from './call-recorder.ts';
import type { RecordingLayout } from './media-port.ts';
import { runPlacesInUse } from './run-memory.ts';

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Step {
  readonly action: 'pause' | 'resume';
  readonly atMs: number;
}

/** Records a call of `forMs` in which frame n of what is sent is n + 1, and of what is heard -(n + 1). */
async function recorded(layout: RecordingLayout, forMs: number, steps: readonly Step[] = []) {
  const startMs = 1000;
  const path = join(folder, `${++files}.wav`);
  const recorder = new CallRecorder(path, layout, startMs);
  const waiting = [...steps];
  for (let atMs = 0; atMs < forMs; atMs++) {
    for (let step = waiting[0]; step && step.atMs === atMs; step = waiting[0]) {
      waiting.shift();
      if (step.action === 'pause') recorder.pause(startMs + atMs);
      else recorder.resume(startMs + atMs);
    }
    if (atMs % 20 > 0) continue;
    recorder.sent('PCMU', new Int16Array(160).fill(atMs / 20 + 1), 5000 + atMs * 8, startMs + atMs);
    recorder.heard(new Int16Array(160).fill(-2 * (atMs / 20 + 1)), 90 + atMs * 8, startMs + atMs);
    recorder.tick(startMs + atMs);
  }
  recorder.end(startMs + forMs);
  const told = await recorder.recorded;
  const bytes = await readFile(path);
  const header = readWavHeader(bytes);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + header.dataAt, bytes.byteOffset + bytes.length));
  return { told, bytes, header, samples };
}

describe('the recording of a whole call', () => {
  it.each(['a full disk', 'the end'])('leaves nothing of what waits to be put in, after %s', async (what) => {
    const before = runPlacesInUse();
    const recorder = new CallRecorder(what === 'the end' ? join(folder, `${++files}.wav`) : '/dev/full', 'stereo', 0);
    for (let frame = 0; frame < 3; frame++) recorder.sentPacket('PCMU', new Uint8Array(160), frame * 160, frame * 20);
    expect(runPlacesInUse()).toBe(before + 1);
    if (what === 'the end') recorder.end(60);
    await Promise.allSettled([recorder.recorded]);
    expect(runPlacesInUse()).toBe(before);
  });

  it('has what is sent on the left and what is heard on the right, of the right size and duration', async () => {
    const { told, bytes, header, samples } = await recorded('stereo', 1010);
    expect(told).toMatchObject({ durationMs: 1010, bytes: bytes.length });
    expect(header).toMatchObject({ channels: 2, frames: 1010 * 8, sampleRate: 8000 });
    for (let at = 0; at < header.frames; at += 37) {
      const frame = Math.floor(at / 160) + 1;
      expect([samples[2 * at], samples[2 * at + 1]]).toEqual([frame, -2 * frame]);
    }
  });

  it('has the sum of both in mono', async () => {
    const { told, header, samples } = await recorded('mono', 500);
    expect(told).toMatchObject({ durationMs: 500, bytes: 44 + 500 * 16 });
    expect(header).toMatchObject({ channels: 1, frames: 4000 });
    expect([samples[0], samples[160], samples[3999]]).toEqual([-1, -2, -25]);
  });

  it('has packets that were sent, in any codec and number, and samples between them, each in its place', async () => {
    const path = join(folder, 'packets.wav');
    const recorder = new CallRecorder(path, 'stereo', 0);
    const codecOf = (frame: number) => (frame % 14 < 7 ? 'PCMU' : 'PCMA');
    const isSamples = (frame: number): boolean => frame % 50 === 48;
    for (let frame = 0; frame < 200; frame++) {
      const timestamp = (0xffff_f000 + frame * 160) >>> 0;
      if (isSamples(frame)) recorder.sent('PCMU', new Int16Array(160).fill(frame), timestamp, frame * 20);
      else recorder.sentPacket(codecOf(frame), new Uint8Array(160).fill(frame % 100), timestamp, frame * 20);
      recorder.tick(frame * 20);
    }
    recorder.end(4000);
    await recorder.recorded;
    const bytes = await readFile(path);
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + readWavHeader(bytes).dataAt, bytes.byteOffset + bytes.length));
    for (let frame = 0; frame < 200; frame++) {
      const expected = isSamples(frame) ? frame : linearOf(codecOf(frame), frame % 100);
      expect([samples[frame * 320], samples[frame * 320 + 318], samples[frame * 320 + 1]]).toEqual([expected, expected, 0]);
    }
  });

  it('has everything in its place when the clock of what is sent changes', async () => {
    const path = join(folder, 'clocks.wav');
    const recorder = new CallRecorder(path, 'stereo', 0);
    for (let frame = 0; frame < 50; frame++) {
      if (frame < 25) recorder.sentPacket('PCMU', new Uint8Array(160).fill(frame), 7000 + frame * 160, frame * 20);
      // 48,000 units per second from here on.
      else recorder.sent('opus', new Int16Array(160).fill(frame), 7000 + 25 * 160 + (frame - 25) * 960, frame * 20);
      if (frame % 10 === 2) recorder.tick(frame * 20);
    }
    recorder.end(1000);
    await recorder.recorded;
    const bytes = await readFile(path);
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + readWavHeader(bytes).dataAt, bytes.byteOffset + bytes.length));
    const left = Array.from({ length: 50 }, (_, frame) => samples[frame * 320]);
    expect(left).toEqual(Array.from({ length: 50 }, (_, frame) => (frame < 25 ? linearOf('PCMU', frame) : frame)));
  });

  it('leaves out what is said in a pause, exactly, without a gap', async () => {
    const steps = [
      { action: 'pause', atMs: 205 },
      { action: 'pause', atMs: 210 },
      { action: 'resume', atMs: 413 },
    ] as const;
    const { told, header, samples } = await recorded('mono', 1000, steps);
    expect(told.durationMs).toBe(1000 - (413 - 205));
    expect(header.frames).toBe(told.durationMs * 8);
    expect([samples[205 * 8 - 1], samples[205 * 8]]).toEqual([-11, -21]);
  });

  it('keeps every sample outside of pauses and none within, whenever they are', async () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 599 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(times, fc.constantFrom<RecordingLayout>('mono', 'stereo'), async (unsorted, layout) => {
        const steps = unsorted
          .sort((left, right) => left - right)
          .map((atMs, index): Step => ({ action: index % 2 ? 'resume' : 'pause', atMs }));
        const { told, samples } = await recorded(layout, 600, steps);
        const expected: number[] = [];
        let paused = false;
        for (let atMs = 0; atMs < 600; atMs++) {
          if (steps.some((step) => step.atMs === atMs)) paused = !paused;
          const frame = Math.floor(atMs / 20) + 1;
          for (let sample = 0; sample < 8 && !paused; sample++) {
            if (layout === 'mono') expected.push(-frame);
            else expected.push(frame, -2 * frame);
          }
        }
        expect([...samples]).toEqual(expected);
        expect(told).toMatchObject({ durationMs: expected.length / 8 / (layout === 'mono' ? 1 : 2), bytes: 44 + 2 * expected.length });
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});
