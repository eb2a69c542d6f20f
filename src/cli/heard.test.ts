import { expect, it } from 'vitest';
import { wavHeader } from '../telephony/audio/wav.ts';
import { measureSound } from './heard.ts';

/** A WAV file at 8000 Hz of which each part lasts so many ms at that amplitude (of 32767). */
function wav(parts: readonly (readonly [ms: number, amplitude: number])[]): Uint8Array {
  const samples = parts.flatMap(([ms, amplitude]) =>
    Array.from({ length: ms * 8 }, (_none, index) => (index % 2 === 0 ? amplitude : -amplitude)),
  );
  const bytes = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, index) => {
    bytes.writeInt16LE(sample, index * 2);
  });
  return Buffer.concat([wavHeader(8000, bytes.length), bytes]);
}

it('measures how long and how loud something is heard', () => {
  expect(
    measureSound(
      wav([
        [500, 0],
        [1000, 3277],
        [500, 60],
      ]),
    ),
  ).toEqual({ durationMs: 2000, soundMs: 1000, loudnessDb: -20 });
});

it('measures a part', () => {
  const file = wav([
    [500, 0],
    [1000, 3277],
    [500, 0],
  ]);
  expect(measureSound(file, 700)).toEqual({ durationMs: 1300, soundMs: 800, loudnessDb: -20 });
  expect(measureSound(file, 0, 700)).toEqual({ durationMs: 700, soundMs: 200, loudnessDb: -20 });
  expect(measureSound(file, 5000, 6000)).toMatchObject({ durationMs: 0, soundMs: 0 });
});

it('hears nothing in silence', () => {
  expect(measureSound(wav([[1000, 8]]))).toEqual({ durationMs: 1000, soundMs: 0, loudnessDb: -100 });
});

it('takes an empty recording', () => {
  expect(measureSound(wav([]))).toEqual({ durationMs: 0, soundMs: 0, loudnessDb: -100 });
});
