import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { peakAt, rms, sine } from '../../../test/support/sound.ts';
import { MAX_PACKET_SAMPLES } from './codec-interface.ts';
import { G722Decoder, G722Encoder } from './g722.ts';
import { LowerBand, UpperBand } from './g722-bands.ts';

// The digests are of what another implementation (SpanDSP 0.0.6) makes of the same input.

/** Noise of four loudnesses in turn, full scale among them, from whole numbers only. */
function noise(count: number): number[] {
  let state = 12_345;
  return Array.from({ length: count }, (_, index) => {
    state = Number((BigInt(state) * 1_103_515_245n + 12_345n) & 0x7fff_ffffn);
    const peak = [200, 32_767, 4000, 20_000][Math.floor(index / 400) % 4] ?? 0;
    return ((state >> 15) % (2 * peak + 1)) - peak;
  });
}

const digest = (bytes: Uint8Array | Int16Array): string =>
  createHash('sha256')
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex');

/** The filter bank as the recommendation has it, in whole numbers, at 16000 samples per second. */
const halfOfFilter = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
function twoPhases(line: readonly number[]): { even: number; odd: number } {
  let even = 0;
  let odd = 0;
  halfOfFilter.forEach((tap, index) => {
    even += (line[2 * index] ?? 0) * tap;
    odd += (line[23 - 2 * index] ?? 0) * tap;
  });
  return { even, odd };
}
function wideEncode(samples: readonly number[]): Uint8Array {
  const [lower, upper] = [new LowerBand(), new UpperBand()];
  const line = Array.from({ length: 24 }, () => 0);
  return Uint8Array.from({ length: samples.length / 2 }, (_, pair) => {
    line.splice(0, 2);
    line.push(samples[2 * pair] ?? 0, samples[2 * pair + 1] ?? 0);
    const { even, odd } = twoPhases(line);
    return (upper.encode((odd - even) >> 14) << 6) | lower.encode((odd + even) >> 14);
  });
}
function wideDecode(codes: Uint8Array): Int16Array {
  const [lower, upper] = [new LowerBand(), new UpperBand()];
  const line = Array.from({ length: 24 }, () => 0);
  const samples = new Int16Array(2 * codes.length);
  codes.forEach((code, index) => {
    const [low, high] = [lower.decode(code & 0x3f), upper.decode(code >> 6)];
    line.splice(0, 2);
    line.push(low + high, low - high);
    const { even, odd } = twoPhases(line);
    samples[2 * index] = odd >> 11;
    samples[2 * index + 1] = even >> 11;
  });
  return samples;
}

const int16 = (samples: Float32Array): Int16Array => Int16Array.from(samples, (sample) => Math.round(sample * 32_767));
const float = (samples: Int16Array): Float32Array => Float32Array.from(samples, (sample) => sample / 32_768);

function encode(samples: Int16Array): Uint8Array {
  const encoder = new G722Encoder();
  const codes = new Uint8Array(samples.length);
  for (let at = 0; at + 160 <= samples.length; at += 160) encoder.encode(samples.subarray(at, at + 160), codes, at);
  return codes;
}
function decode(codes: Uint8Array, packet = 160): Int16Array {
  const decoder = new G722Decoder();
  const samples = new Int16Array(codes.length);
  const decoded = new Int16Array(MAX_PACKET_SAMPLES);
  for (let at = 0; at < codes.length; at += packet) {
    const count = decoder.decode(codes.subarray(at, at + packet), decoded);
    samples.set(decoded.subarray(0, count), at);
  }
  return samples;
}
const decibels = (ratio: number): number => 20 * Math.log10(ratio);

describe('the sub-bands of G.722', () => {
  it('code noise of every loudness bit for bit as another implementation does', () => {
    expect(digest(wideEncode(noise(16_000)))).toBe('5ae2c4a5c9bdac5385b9c3d594f51fb80425efa3fa6dcab3e087abb322faee46');
    const band = new LowerBand();
    expect(digest(Uint8Array.from(noise(16_000), (sample) => 0xc0 | band.encode(sample >> 1)))).toBe(
      '1bf517458dea5d5841aa447e96c7e746adc1b654458f31b5a9d8afe7d5cc4323',
    );
  });

  it('decode any codes bit for bit as another implementation does', () => {
    expect(digest(wideDecode(Uint8Array.from(noise(16_000), (sample) => sample & 0xff)))).toBe(
      'a8ab78bbda1384c089fad86e56fa0d8c48f9e4d7f558a2ed1185b4bae75d822e',
    );
  });
});

describe('G.722 of a telephone call', () => {
  const tones = [200, 440, 1000, 2000, 3000, 3400];

  it.each(tones)('keeps a tone of %i Hz as loud as it is, 40 dB above what is added', (hz) => {
    const heard = float(decode(encode(int16(sine(hz, 8000, 1, 0.3)))).subarray(1600, 7600));
    expect(Math.abs(decibels(peakAt(hz, 8000, heard) / 0.3))).toBeLessThan(0.1);
    const signal = peakAt(hz, 8000, heard) / Math.SQRT2;
    expect(decibels(signal / Math.sqrt(rms(heard) ** 2 - signal ** 2))).toBeGreaterThan(40);
  });

  it.each(tones)('gives a wideband phone a tone of %i Hz without its image above 4 kHz', (hz) => {
    const heard = float(wideDecode(encode(int16(sine(hz, 8000, 1, 0.3)))).subarray(3200, 15_200));
    expect(Math.abs(decibels(peakAt(hz, 16_000, heard) / 0.3))).toBeLessThan(0.15);
    expect(decibels(peakAt(8000 - hz, 16_000, heard) / 0.3)).toBeLessThan(-48);
  });

  it.each([4600, 5000, 6000, 7000])('does not fold a tone of %i Hz of a wideband phone into the band of telephones', (hz) => {
    const heard = float(decode(wideEncode([...int16(sine(hz, 16_000, 1, 0.3))])).subarray(1600, 7600));
    expect(decibels(peakAt(8000 - hz, 8000, heard) / 0.3)).toBeLessThan(-48);
  });

  it('does not clip or wrap at full scale', () => {
    const heard = decode(encode(Int16Array.from({ length: 8000 }, (_, index) => (Math.floor(index / 10) % 2 === 0 ? 32_767 : -32_768))));
    const wrong = heard.subarray(400, 7840).filter((sample, index) => {
      const sent = Math.floor((index + 400 - 35) / 10) % 2 === 0 ? 1 : -1;
      const place = (index + 400 - 35) % 10;
      return place > 2 && place < 8 && Math.sign(sample) !== sent;
    });
    expect(wrong.length).toBe(0);
  });

  it('decodes the same whatever the length of the packets', () => {
    const codes = encode(Int16Array.from(noise(4800)));
    const whole = digest(decode(codes));
    for (const packet of [1, 80, 240, 320, 480, 1600]) expect(digest(decode(codes, packet))).toBe(whole);
  });

  it('takes no packet that is too long, and finds back after any codes within 50 ms', () => {
    const decoder = new G722Decoder();
    const decoded = new Int16Array(MAX_PACKET_SAMPLES);
    expect(decoder.decode(new Uint8Array(MAX_PACKET_SAMPLES + 1), decoded)).toBe(0);
    decoder.decode(
      Uint8Array.from(noise(1600), (sample) => sample & 0xff),
      decoded,
    );
    const codes = encode(int16(sine(1000, 8000, 0.4, 0.3)));
    const heard: number[] = [];
    for (let at = 0; at < codes.length; at += 160) {
      heard.push(...decoded.subarray(0, decoder.decode(codes.subarray(at, at + 160), decoded)));
    }
    expect(Math.abs(decibels(peakAt(1000, 8000, heard.slice(400, 1200)) / 32_768 / 0.3))).toBeLessThan(0.5);
  });
});
