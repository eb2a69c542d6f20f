import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { recordedSamples } from '../../../test/support/recorded-samples.ts';
import { readWavHeader } from '../audio/wav.ts';
import { PacketRun } from './packet-run.ts';
import { RecordingFile } from './recording-file.ts';
import { RecordingWindow } from './recording-window.ts';

const SILENT = 0;
const FRAME = 160;

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

let open: { readonly file: RecordingFile; readonly audio: RecordingWindow }[] = [];
afterEach(async () => {
  const left = open;
  open = [];
  for (const { audio } of left) audio.close();
  await Promise.all(left.map(({ file }) => file.finish(file.samples)));
});

/** Samples that are no silence, a different value for each number. */
const loud = (number: number, length: number): Int16Array => new Int16Array(length).fill(1 + number);
const frame = (number: number): Int16Array => loud(number, FRAME);

/** Samples that are told apart from their neighbours. */
function samplesFrom(first: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) => 1 + ((first + index) % 16_000));
}

/** Packets that follow on each other, of so many samples each, at most 560 ms; nothing in them is so loud that two of it cannot be mixed. */
function packetsOf(packets: number, length: number, first: number): PacketRun {
  const run = new PacketRun();
  const payload = (number: number) => Uint8Array.from({ length }, (_, index) => 0x10 + ((first + number * length + index) % 0x60));
  run.begin('PCMU', payload(0), 0, 0, 0);
  for (let number = 1; number < packets; number++) run.add('PCMU', payload(number), number, number * length, (number * length) / 8);
  return run;
}

/** A window and what its file has in the end. */
function opened(sides: 1 | 2, channels: 1 | 2 = sides) {
  const path = join(folder, `${++files}.wav`);
  const file = new RecordingFile(path, channels);
  const audio = new RecordingWindow(file, sides);
  const one = { file, audio };
  open.push(one);
  return {
    audio,
    async samples(): Promise<number[]> {
      open = open.filter((other) => other !== one);
      audio.close();
      await file.finish(file.samples);
      const bytes = await readFile(path);
      return [...new Int16Array(bytes.buffer.slice(bytes.byteOffset + readWavHeader(bytes).dataAt, bytes.byteOffset + bytes.length))];
    },
  };
}

/** Takes whole frames and names each by the number of what was put in; 'mixed' when its samples differ. */
function takeFrames(audio: RecordingWindow, count: number): (number | 'silent' | 'mixed')[] {
  return Array.from({ length: count }, () => {
    const samples = audio.next(FRAME);
    const [sample = SILENT] = samples;
    const isOne = new Set(samples).size === 1;
    audio.keep(FRAME);
    if (!isOne) return 'mixed';
    return sample === SILENT ? 'silent' : sample - 1;
  });
}

describe('the window of a recording', () => {
  it('has packets in the order of their timestamps, and silence where none came', () => {
    const { audio } = opened(1);
    for (const number of [0, 2, 1, 5]) audio.put(0, frame(number), 1000 + number * FRAME, number * FRAME);
    expect(takeFrames(audio, 7)).toEqual([0, 1, 2, 'silent', 'silent', 5, 'silent']);
  });

  it('places the first packet at the time it came', () => {
    const { audio } = opened(1);
    audio.put(0, frame(3), 0xffff_ff00, 320);
    audio.put(0, frame(4), 0xffff_ff00 + FRAME - 2 ** 32, 480);
    expect(takeFrames(audio, 4)).toEqual(['silent', 'silent', 3, 4]);
  });

  it('goes on over the wrap of the timestamp', () => {
    const { audio } = opened(1);
    for (let number = 0; number < 6; number++) audio.put(0, frame(number), (0xffff_fe00 + number * FRAME) >>> 0, number * FRAME);
    expect(takeFrames(audio, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('takes packets of other lengths', () => {
    const { audio } = opened(1);
    audio.put(0, loud(1, 240), 0, 0);
    audio.put(0, loud(1, 240), 240, 240);
    audio.put(0, loud(2, 80), 480, 480);
    audio.put(0, loud(2, 80), 560, 560);
    expect(takeFrames(audio, 4)).toEqual([1, 1, 1, 2]);
  });

  it('drops what comes after its place was taken', () => {
    const { audio } = opened(1);
    audio.put(0, frame(0), 0, 0);
    takeFrames(audio, 5);
    audio.put(0, frame(1), FRAME, 800);
    audio.put(0, frame(6), 6 * FRAME, 960);
    expect(takeFrames(audio, 3)).toEqual(['silent', 6, 'silent']);
  });

  it('has of packets that come together what can be kept, as of samples', async () => {
    for (const position of [8000 - 479, 8000 - 480 + 161, 8000 - 480, 8000 + 16_384 - 480, 8000 + 16_384 - 479, 8000 + 16_384 - 1]) {
      const [packets, samples] = await Promise.all(
        [packetsOf(3, 160, 7), recordedSamples(packetsOf(3, 160, 7)).slice()].map((given) => {
          const { audio, samples } = opened(2);
          for (const at of [0, 15_000]) audio.put(1, Int16Array.of(1), at, at);
          audio.drop(8000);
          audio.put(1, given, position, position);
          for (let taken = 0; taken < 16_384; taken += 64) audio.keep(64);
          return samples();
        }),
      );
      expect(packets, `${position}`).toEqual(samples);
    }
  });

  it('ties timestamps that jump to the time of arrival', () => {
    for (const jump of [1_000_000, -1_000_000]) {
      const { audio } = opened(1);
      audio.put(0, frame(0), 5_000_000, 0);
      for (let number = 1; number < 40; number++) {
        takeFrames(audio, 1);
        audio.put(0, frame(number), 5_000_000 + jump + number * FRAME, number * FRAME);
      }
      expect(takeFrames(audio, 1)).toEqual([39]);
    }
  });

  it('begins anew with another source, on one side', () => {
    const { audio } = opened(1);
    audio.put(0, frame(0), 0, 0);
    audio.restart(0);
    audio.put(0, frame(1), 3_000_000_000, FRAME);
    expect(takeFrames(audio, 2)).toEqual([0, 1]);
  });

  it('ignores more than packets could hold, empty ones, and what comes when it is closed', async () => {
    const { audio, samples } = opened(1);
    audio.put(0, loud(1, 60_000), 0, 0);
    audio.put(0, new Int16Array(0), 0, 0);
    expect(takeFrames(audio, 1)).toEqual(['silent']);
    expect(await samples()).toEqual(Array(FRAME).fill(SILENT));
    audio.put(0, frame(1), FRAME, FRAME);
    for (let other = 0; other < 2; other++) expect(takeFrames(opened(1).audio, 5)).toEqual(Array(5).fill('silent'));
  });

  it('keeps what lies two seconds ahead, and nothing further', async () => {
    const { audio, samples } = opened(1);
    audio.put(0, loud(1, 8000), 0, 8384 - 160);
    audio.put(0, loud(2, 8000), 8000, 16_384 - 160);
    for (let taken = 0; taken < 24_000; taken += 1600) audio.keep(1600);
    const expected = [...Array(8224).fill(SILENT), ...Array(8000).fill(2), ...Array(160).fill(3), ...Array(7616).fill(SILENT)];
    expect(await samples()).toEqual(expected);
  });

  it('writes what was kept when it is told to, and by itself only what is a lot', async () => {
    const file = new RecordingFile(join(folder, 'lot.wav'));
    const audio = new RecordingWindow(file, 1);
    for (let taken = 0; taken < 9600; taken += FRAME) audio.keep(FRAME);
    expect([file.samples, audio.kept]).toEqual([0, 9600]);
    for (let taken = 0; taken < 480; taken += FRAME) audio.keep(FRAME);
    expect([file.samples, audio.kept]).toEqual([10_080, 10_080]);
    audio.keep(10);
    audio.write();
    expect([file.samples, audio.kept, audio.taken]).toEqual([10_090, 10_090, 10_090]);
    audio.close();
    audio.close();
    await file.finish(10_090);
  });

  it('puts the last sample twice when what follows is moved on, also at the end of what it can hold', () => {
    for (const [before, after] of [
      [0, 1],
      [16_384 - 1600, SILENT],
    ] as const) {
      const { audio } = opened(1);
      audio.put(0, frame(0), 0, 0);
      audio.put(0, loud(0, 1600), before, before + 400);
      audio.drop(before + 1599);
      expect([...audio.next(2)]).toEqual([1, after]);
    }
  });

  it('has every sample in its place, whatever comes, is kept, dropped and written, and when', async () => {
    const put = fc.record({
      what: fc.constant('put' as const),
      side: fc.constantFrom<0 | 1>(0, 1),
      length: fc.integer({ min: 1, max: 1600 }),
      gap: fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, fc.integer({ min: 1, max: 2500 })),
      packets: fc.integer({ min: 0, max: 3 }),
    });
    const take = fc.record({ what: fc.constantFrom('keep' as const, 'drop' as const), count: fc.integer({ min: 1, max: 1600 }) });
    const write = fc.record({ what: fc.constant('write' as const) });
    const actions = fc.array(fc.oneof({ arbitrary: put, weight: 3 }, { arbitrary: take, weight: 4 }, write), {
      maxLength: 200,
      size: 'max',
    });
    const forms = fc.constantFrom<readonly [1 | 2, 1 | 2]>([1, 1], [2, 2], [2, 1]);
    await fc.assert(
      fc.asyncProperty(actions, forms, async (all, [sides, channels]) => {
        const { audio, samples } = opened(sides, channels);
        const model = [new Map<number, number>(), new Map<number, number>()] as const;
        const ends: [number, number] = [0, 0];
        const expected: number[] = [];
        let next = 1;
        for (const action of all) {
          if (action.what === 'write') audio.write();
          else if (action.what === 'put') {
            const side = sides === 1 ? 0 : action.side;
            const position = Math.max(ends[side], audio.taken) + action.gap;
            const given = action.packets > 0 ? packetsOf(action.packets, action.length, next++) : samplesFrom(next, action.length);
            next += action.length;
            // Within what stays the same clock, and what the window can hold.
            if (position + given.length > audio.taken + 16_384) continue;
            recordedSamples(given).forEach((sample, index) => void model[side].set(position + index, sample));
            ends[side] = position + given.length;
            audio.put(side, given, position >>> 0, position);
            if (given instanceof Int16Array) given.fill(-1);
            else given.clear();
          } else {
            for (let at = audio.taken; action.what === 'keep' && at < audio.taken + action.count; at++) {
              const both = model.slice(0, sides).map((side) => side.get(at) ?? SILENT);
              if (channels === sides) expected.push(...both);
              else expected.push((both[0] ?? 0) + (both[1] ?? 0));
            }
            audio[action.what](action.count);
          }
        }
        expect(await samples()).toEqual(expected);
      }),
      { numRuns: 80, seed: 5 },
    );
  });

  it('has what is inserted between what was kept and what comes', async () => {
    const { audio, samples } = opened(1);
    audio.put(0, frame(0), 0, 0);
    audio.put(0, frame(1), FRAME, FRAME);
    audio.keep(FRAME);
    audio.insert(loud(7, 10));
    audio.keep(FRAME);
    expect(await samples()).toEqual([...frame(0), ...loud(7, 10), ...frame(1)]);
  });

  it('cuts the sum of both sides to what 16 bits can hold', async () => {
    const { audio, samples } = opened(2, 1);
    const pairs = [
      [20_000, 20_000, 32_767],
      [-20_000, -20_000, -32_768],
      [20_000, -1, 19_999],
    ];
    const of = (index: number): Int16Array => Int16Array.from(pairs, (pair) => pair[index] ?? 0);
    audio.put(0, of(0), 0, 0);
    audio.put(1, of(1), 0, 0);
    audio.keep(3);
    expect(await samples()).toEqual([...of(2)]);
  });
});
