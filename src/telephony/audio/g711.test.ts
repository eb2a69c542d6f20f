import { describe, expect, it } from 'vitest';
import { decodeG711, decodeG711Interleaved, encodeG711, type G711Codec, linearOf, silenceByte } from './g711.ts';

const everySample = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

function encode(codec: G711Codec, ...samples: number[]): number[] {
  const bytes = new Uint8Array(samples.length);
  encodeG711(codec, Int16Array.from(samples), bytes);
  return [...bytes];
}

describe.each(['PCMU', 'PCMA'] as const)('%s', (codec) => {
  const values = new Int16Array(256);
  decodeG711(codec, everyCode, values);

  it('gives every code back that it decodes, but for the second zero of mu-law', () => {
    const again = encode(codec, ...values);
    const expected = [...everyCode];
    if (codec === 'PCMU') expected[0x7f] = 0xff;
    expect(again).toEqual(expected);
  });

  it('is off by at most half a step of the segment', () => {
    const bytes = new Uint8Array(65_536);
    encodeG711(codec, everySample, bytes);
    const largest = codec === 'PCMU' ? 32_635 : 32_767;
    const tooFar = everySample.filter((sample, index) => {
      const code = bytes[index] ?? 0;
      const segment = ((codec === 'PCMU' ? ~code : code ^ 0x55) >> 4) & 7;
      const halfStep = codec === 'PCMU' ? 4 << segment : 8 << Math.max(0, segment - 1);
      return Math.abs(sample) <= largest && Math.abs(linearOf(codec, code) - sample) > halfStep;
    });
    expect([...tooFar]).toEqual([]);
  });

  it('never decreases when the sample increases', () => {
    const bytes = new Uint8Array(65_536);
    const back = new Int16Array(65_536);
    encodeG711(codec, everySample, bytes);
    decodeG711(codec, bytes, back);
    expect(back.every((value, index) => index === 0 || value >= (back[index - 1] ?? 0))).toBe(true);
  });

  it('keeps the error below 4 % of the sample plus the smallest step', () => {
    const bytes = new Uint8Array(65_536);
    const back = new Int16Array(65_536);
    encodeG711(codec, everySample, bytes);
    decodeG711(codec, bytes, back);
    const tooFar = everySample.filter((sample, index) => Math.abs((back[index] ?? 0) - sample) > 0.04 * Math.abs(sample) + 8);
    expect([...tooFar]).toEqual([]);
  });

  it('has a silence byte that decodes to (nearly) nothing', () => {
    expect(Math.abs(linearOf(codec, silenceByte[codec]))).toBeLessThanOrEqual(8);
    expect(encode(codec, 0)).toEqual([silenceByte[codec]]);
  });

  it('is decoded into every second place as into a place of its own, and nothing else is touched', () => {
    for (const length of [0, 1, 3, 4, 5, 256]) {
      const bytes = everyCode.subarray(0, length);
      const target = new Int16Array(2 * 256 + 3).fill(1);
      decodeG711Interleaved(codec, bytes, target, 3);
      const expected = new Int16Array(2 * 256 + 3).fill(1);
      bytes.forEach((code, index) => void expected.fill(linearOf(codec, code), 3 + 2 * index, 4 + 2 * index));
      expect(target).toEqual(expected);
    }
    expect(() => decodeG711Interleaved(codec, new Uint8Array(3), new Int16Array(5), 1)).toThrow(RangeError);
    decodeG711Interleaved(codec, new Uint8Array(3), new Int16Array(5), 0);
  });

  it('writes at an offset and refuses a target that is too short', () => {
    const target = new Uint8Array(4).fill(1);
    encodeG711(codec, Int16Array.of(0, 0), target, 1);
    expect([...target]).toEqual([1, silenceByte[codec], silenceByte[codec], 1]);
    expect(() => encodeG711(codec, new Int16Array(4), target, 1)).toThrow(RangeError);
    expect(() => decodeG711(codec, new Uint8Array(5), new Int16Array(4))).toThrow(RangeError);
  });
});

describe('known values', () => {
  it('of mu-law (G.711 table 2)', () => {
    expect(encode('PCMU', 0, -1, 32_767, -32_768, 8031 * 4, 4063 * 4, 1000, -1000)).toEqual([
      0xff, 0x7f, 0x80, 0x00, 0x80, 0x8f, 0xce, 0x4e,
    ]);
    expect([0x80, 0x8f, 0x9f, 0xff, 0x00, 0x7e].map((code) => linearOf('PCMU', code))).toEqual([32_124, 16_764, 8316, 0, -32_124, -8]);
  });

  it('of A-law (G.711 table 1)', () => {
    expect(encode('PCMA', 0, -1, 32_767, -32_768, 1000, -1000)).toEqual([0xd5, 0x55, 0xaa, 0x2a, 0xfa, 0x7a]);
    expect([0xaa, 0xd5, 0x55, 0x2a].map((code) => linearOf('PCMA', code))).toEqual([32_256, 8, -8, -32_256]);
  });

  it('carries the digital milliwatt of mu-law (G.711 table 5) as a sine of 0 dBm0', () => {
    const milliwatt = Uint8Array.of(0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e);
    const samples = new Int16Array(8);
    decodeG711('PCMU', milliwatt, samples);
    const level = 10 * Math.log10(samples.reduce((sum, sample) => sum + (sample / 32_636) ** 2, 0) / 8);
    expect(level).toBeCloseTo(-6.18, 1);
  });
});
