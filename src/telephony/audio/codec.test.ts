import { describe, expect, it } from 'vitest';
import { newDecoder, newEncoder } from './codec.ts';
import { MAX_PACKET_SAMPLES } from './codec-interface.ts';

describe.each(['PCMU', 'PCMA'] as const)('%s', (codec) => {
  it('gives a frame back within a step of its scale, at the place asked for', () => {
    const frame = Int16Array.from({ length: 160 }, (_, index) => Math.round(10_000 * Math.sin(index / 5)));
    const packet = new Uint8Array(172);
    expect(newEncoder(codec).encode(frame, packet, 12)).toBe(160);
    const samples = new Int16Array(MAX_PACKET_SAMPLES);
    expect(newDecoder(codec).decode(packet.subarray(12), samples)).toBe(160);
    expect(Math.max(...frame.map((sample, index) => Math.abs(sample - (samples[index] ?? 0))))).toBeLessThan(300);
  });

  it('takes packets of every length up to the longest, and nothing longer', () => {
    const samples = new Int16Array(MAX_PACKET_SAMPLES);
    const lengths = [0, 1, 80, 240, 480, MAX_PACKET_SAMPLES, MAX_PACKET_SAMPLES + 1];
    expect(lengths.map((length) => newDecoder(codec).decode(new Uint8Array(length), samples))).toEqual([
      0,
      1,
      80,
      240,
      480,
      MAX_PACKET_SAMPLES,
      0,
    ]);
  });
});
