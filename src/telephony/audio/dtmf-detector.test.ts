import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { DtmfDetector } from './dtmf-detector.ts';
import { columnsHz, DtmfTone, keyAt, placeOfKey, rowsHz } from './dtmf-tones.ts';

const KEYS = '123A456B789C*0#D';
const random = seededRandom(3);
const noise = (rms: number): number => (random.below(20_001) / 10_000 - 1) * Math.sqrt(3) * rms;

interface Pressing {
  readonly ms?: number;
  readonly pauseMs?: number;
  /** Of the row, in dB of full scale. */
  readonly level?: number;
  /** The column over the row, in dB. */
  readonly twist?: number;
  readonly noiseRms?: number;
  /** How far off both frequencies are. */
  readonly off?: number;
  readonly leadMs?: number;
}

/** The audio of some keys, one after the other. */
function keys(
  text: string,
  { ms = 60, pauseMs = 60, level = -15, twist = 0, noiseRms = 0, off = 0, leadMs = 50 }: Pressing = {},
): Int16Array {
  const low = 32_767 * 10 ** (level / 20);
  const high = low * 10 ** (twist / 20);
  const samples: number[] = [];
  const add = (lengthMs: number, sampleAt: (index: number) => number): void => {
    for (let index = 0; index < lengthMs * 8; index++) samples.push(Math.round(sampleAt(index) + noise(noiseRms)));
  };
  add(leadMs, () => 0);
  for (const key of text) {
    const { row = 0, column = 0 } = placeOfKey(key) ?? {};
    const step = (hz = 0): number => (2 * Math.PI * hz * (1 + off)) / 8000;
    add(ms, (index) => low * Math.sin(index * step(rowsHz[row])) + high * Math.sin(index * step(columnsHz[column])));
    add(pauseMs, () => 0);
  }
  return Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, sample)));
}

/** What is pressed, once for each press; every press is followed by its release. */
function heard(samples: Int16Array, frame = 160): string {
  let pressed = '';
  let open = '';
  const detector = new DtmfDetector(({ kind, digit }) => {
    if (kind === 'pressed') {
      expect(open).toBe('');
      pressed += digit;
      open = digit;
    } else {
      expect(digit).toBe(open);
      open = '';
    }
  });
  for (let at = 0; at < samples.length; at += frame) detector.hear(samples.subarray(at, at + frame));
  detector.reset();
  expect(open).toBe('');
  return pressed;
}

describe('keys in the audio', () => {
  it('are heard once each, all of them, also the same one twice', () => {
    expect(heard(keys(KEYS))).toBe(KEYS);
    expect(heard(keys('11223344'))).toBe('11223344');
    expect(heard(keys('5', { ms: 3000 }))).toBe('5');
  });

  it('are heard however they fall into frames and blocks', () => {
    for (let leadMs = 0; leadMs < 14; leadMs += 0.5) {
      expect(heard(keys('159D', { ms: 40, pauseMs: 40, leadMs }))).toBe('159D');
      expect(heard(keys('159D', { leadMs }), 80)).toBe('159D');
    }
  });

  it.each([
    ['soft', { level: -36 }],
    ['loud', { level: -7 }],
    ['with a stronger column', { twist: 4 }],
    ['with a stronger row', { twist: -8 }],
    ['a little too high', { off: 0.015 }],
    ['a little too low', { off: -0.015 }],
    ['noisy, 15 dB below', { noiseRms: 32_767 * 10 ** (-30 / 20) }],
  ] as const)('are heard when they are %s', (_how, changes) => {
    expect(heard(keys(KEYS.repeat(3), changes))).toBe(KEYS.repeat(3));
  });

  it.each([
    ['too short', { ms: 15 }],
    ['too soft', { level: -50 }],
    ['with much too strong a column', { twist: 9 }],
    ['with much too strong a row', { twist: -13 }],
    ['of other frequencies', { off: 0.045 }],
    ['drowned in noise', { noiseRms: 32_767 * 10 ** (-12 / 20) }],
  ] as const)('are nothing when they are %s', (_how, changes) => {
    expect(heard(keys(KEYS.repeat(3), changes))).toBe('');
  });

  it('are not single tones, noise, silence, or the dial and ringing tones', () => {
    const second = (sampleAt: (index: number) => number): Int16Array =>
      Int16Array.from({ length: 8000 }, (_, index) => Math.round(sampleAt(index)));
    const sine = (hz: number, index: number): number => 8000 * Math.sin((2 * Math.PI * hz * index) / 8000);
    for (const hz of [...rowsHz, ...columnsHz]) expect(heard(second((index) => sine(hz, index)))).toBe('');
    for (const [one, other] of [
      [350, 440],
      [440, 480],
      [480, 620],
      [1100, 2100],
      [697, 770],
      [1209, 1336],
    ] as const) {
      expect(heard(second((index) => sine(one, index) + sine(other, index)))).toBe('');
    }
    expect(heard(Int16Array.from({ length: 80_000 }, () => Math.round(noise(6000))))).toBe('');
    expect(heard(new Int16Array(8000))).toBe('');
  });

  it('are nothing beside another tone of their group, as in music', () => {
    const sine = (hz: number, index: number): number => Math.sin((2 * Math.PI * hz * index) / 8000);
    // 6 dB below: the two have most of the energy all the same.
    for (const third of [852, 1477]) {
      const chord = Int16Array.from({ length: 8000 }, (_, index) =>
        Math.round(6000 * (sine(697, index) + sine(1209, index)) + 3000 * sine(third, index)),
      );
      expect(heard(chord)).toBe('');
    }
  });

  it('are one press when the line drops out for a moment', () => {
    for (let at = 800; at < 1000; at += 7) {
      const samples = keys('7', { ms: 400, leadMs: 0 });
      samples.fill(0, at, at + 50);
      expect(heard(samples)).toBe('7');
    }
  });

  it('are one press when a part of them was lost, and two when more than that was', () => {
    const pressed: string[] = [];
    const run = (lostFrames: number): string => {
      pressed.length = 0;
      const detector = new DtmfDetector(({ kind, digit }) => kind === 'pressed' && pressed.push(digit));
      const samples = keys('7', { ms: 400, leadMs: 0 });
      for (let frame = 0; frame * 160 < samples.length; frame++) {
        if (frame >= 5 && frame < 5 + lostFrames) detector.miss(160);
        else detector.hear(samples.subarray(frame * 160, frame * 160 + 160));
      }
      return pressed.join('');
    };
    expect([1, 2, 3].map(run)).toEqual(['7', '7', '7']);
    expect(run(10)).toBe('77');
  });

  it('are one press when several parts of them were lost, each of them short', () => {
    const pressed: string[] = [];
    const detector = new DtmfDetector(({ kind, digit }) => kind === 'pressed' && pressed.push(digit));
    const samples = keys('7', { ms: 800, leadMs: 0 });
    for (let frame = 0; frame < 40; frame++) {
      if (frame % 8 >= 5) detector.miss(160);
      else detector.hear(samples.subarray(frame * 160, frame * 160 + 160));
    }
    expect(pressed).toEqual(['7']);
  });

  it('are not made of what is heard on two sides of a loss, or before and after something else', () => {
    const BLOCK = 102;
    const tone = keys('7', { ms: 400, leadMs: 0 });
    const pressedBy = (before: number, after: number, between: (detector: DtmfDetector) => void): number => {
      let pressed = 0;
      const detector = new DtmfDetector(() => {
        pressed++;
      });
      detector.hear(tone.subarray(0, before));
      between(detector);
      detector.hear(tone.subarray(before, before + after));
      return pressed;
    };
    const loses = (samples: number) => (detector: DtmfDetector) => detector.miss(samples);
    // A block is whole or it is none.
    expect(pressedBy(2 * BLOCK - 50, 50, loses(BLOCK))).toBe(0);
    expect(pressedBy(BLOCK - 50, BLOCK + 50, (detector) => detector.reset())).toBe(0);
    // After so much, one block on each side shows no key.
    expect(pressedBy(BLOCK, BLOCK, loses(6 * BLOCK))).toBe(0);
    expect(pressedBy(BLOCK, BLOCK, loses(BLOCK))).toBe(1);
  });

  it('are told in pairs of press and release, whatever the audio is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            text: fc.string({ unit: fc.constantFrom(...KEYS), maxLength: 2 }),
            ms: fc.nat(80),
            pauseMs: fc.nat(40),
            noiseRms: fc.nat(5000),
          }),
          { maxLength: 6 },
        ),
        (parts) => {
          const all = parts.flatMap(({ text, ...pressing }) => [...keys(text, { ...pressing, leadMs: 3 })]);
          const text = parts.map((part) => part.text).join('');
          expect(heard(Int16Array.from(all)).length).toBeLessThanOrEqual(text.length + 1);
        },
      ),
      { numRuns: 100, seed: 5 },
    );
  });
});

describe('the tones that we send', () => {
  it('are heard as their keys, with the codes of RFC 4733', () => {
    const frame = new Int16Array(160);
    [...'0123456789*#ABCD'].forEach((key, event) => {
      const tone = new DtmfTone(event);
      const samples: number[] = [];
      for (let count = 1; count <= 5; count++) {
        tone.fill(frame, count === 5);
        samples.push(...frame);
      }
      expect(heard(Int16Array.from([...samples, ...new Int16Array(480)]))).toBe(key);
      expect(Math.max(...samples.map(Math.abs))).toBeLessThan(32_000);
    });
    expect(() => new DtmfTone(16)).toThrow(RangeError);
  });

  it('know where each key is', () => {
    expect(
      [...KEYS]
        .map((key) => placeOfKey(key))
        .map((place) => place && keyAt(place.row, place.column))
        .join(''),
    ).toBe(KEYS);
    for (const text of ['', 'x', '12']) expect(placeOfKey(text)).toBeUndefined();
  });
});
