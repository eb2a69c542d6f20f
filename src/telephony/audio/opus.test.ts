import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peakAt, rms, sine } from '../../../test/support/sound.ts';
import { MAX_PACKET_SAMPLES } from './codec-interface.ts';
import { OpusDecoder, OpusEncoder } from './opus.ts';
import { opusModule } from './opus-module.ts';

const int16 = (samples: Float32Array): Int16Array => Int16Array.from(samples, (sample) => Math.round(sample * 32_767));

/** Something like a voice: a pitch that glides, with formants, in syllables. */
function voice(seconds: number): Int16Array {
  let phase = 0;
  return Int16Array.from({ length: seconds * 8000 }, (_, index) => {
    const at = index / 8000;
    phase += (2 * Math.PI * (120 + 30 * Math.sin(2 * Math.PI * 0.7 * at))) / 8000;
    const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * at);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 20; harmonic++) sum += Math.sin(harmonic * phase) / (1 + Math.abs(harmonic - 5));
    return Math.round(5000 * syllable * sum);
  });
}

function packetsOf(samples: Int16Array): Uint8Array[] {
  const encoder = new OpusEncoder();
  const target = new Uint8Array(400);
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    packets.push(target.slice(0, encoder.encode(samples.subarray(at, at + 160), target, 0)));
  }
  encoder.close();
  return packets;
}

/** What is heard when the packets that `isLost` names do not come; `fec` is whether the one after a lost one is used for it. */
function heard(packets: readonly Uint8Array[], isLost: (index: number) => boolean = () => false, fec = false): Float32Array {
  const decoder = new OpusDecoder();
  const samples = new Int16Array(MAX_PACKET_SAMPLES);
  const all: number[] = [];
  packets.forEach((packet, index) => {
    const count = isLost(index) ? decoder.conceal(160, fec ? packets[index + 1] : undefined, samples) : decoder.decode(packet, samples);
    expect(count).toBe(160);
    all.push(...samples.subarray(0, count));
  });
  decoder.close();
  return Float32Array.from(all, (sample) => sample / 32_768);
}

/** How far `other` is from `reference`, in dB below it. */
function distance(reference: Float32Array, other: Float32Array): number {
  const difference = reference.map((sample, index) => sample - (other[index] ?? 0));
  return 20 * Math.log10(rms(reference) / rms(difference));
}

describe('Opus of a telephone call', () => {
  it.each([300, 440, 1000])('keeps a tone of %i Hz', (hz) => {
    const samples = heard(packetsOf(int16(sine(hz, 8000, 1, 0.3)))).subarray(3200, 7200);
    expect(Math.abs(20 * Math.log10(peakAt(hz, 8000, samples) / 0.3))).toBeLessThan(1);
    expect(peakAt(hz, 8000, samples) / Math.SQRT2 / rms(samples)).toBeGreaterThan(0.97);
  });

  it('needs less than 24 kbit/s, with the copies that help against loss', () => {
    const packets = packetsOf(voice(4));
    const bytes = packets.reduce((sum, packet) => sum + packet.length, 0);
    expect((bytes * 8) / 4).toBeLessThan(24_000);
    expect((bytes * 8) / 4).toBeGreaterThan(8000);
  });

  it('hears a voice over loss: better when the packet after a lost one helps', () => {
    const packets = packetsOf(voice(4));
    const whole = heard(packets);
    const isLost = (index: number): boolean => index % 10 === 5;
    const madeUp = distance(whole, heard(packets, isLost));
    const helped = distance(whole, heard(packets, isLost, true));
    expect(madeUp).toBeGreaterThan(5);
    expect(helped).toBeGreaterThan(madeUp + 2);
  });

  it('meets any bytes with samples or nothing, and hears a good packet afterwards', () => {
    const decoder = new OpusDecoder();
    const samples = new Int16Array(MAX_PACKET_SAMPLES);
    const [good = new Uint8Array(1)] = packetsOf(voice(0.1)).slice(-1);
    let decoded = 0;
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), changed(good)), (bytes) => {
        const count = decoder.decode(bytes, samples);
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(960);
        if (count > 0) decoded++;
        expect(decoder.conceal(160, bytes, samples)).toBeLessThanOrEqual(160);
        expect(decoder.decode(good, samples)).toBe(160);
      }),
      { seed: 3, numRuns: 2000 },
    );
    expect(decoded).toBeGreaterThan(500);
    expect(decoder.decode(new Uint8Array(0), samples)).toBe(0);
    expect(decoder.decode(new Uint8Array(1501), samples)).toBe(0);
    decoder.close();
  });

  it('hears the packets of 2.5 to 60 ms, and the single byte that stands for silence', () => {
    const decoder = new OpusDecoder();
    const samples = new Int16Array(MAX_PACKET_SAMPLES);
    // The first byte says mode, length and channels (RFC 6716 section 3.1); a frame without bytes is one that was not sent.
    const lengths = [0b00000_000, 0b00001_000, 0b00010_000, 0b00011_000, 0b10000_000, 0b01111_100].map((first) =>
      decoder.decode(Uint8Array.of(first), samples),
    );
    expect(lengths).toEqual([80, 160, 320, 480, 20, 160]);
    decoder.close();
  });

  it('gives its memory back, once, however many calls there were', () => {
    const before = opusModule().liveStates;
    const many = Array.from({ length: 300 }, () => [new OpusEncoder(), new OpusDecoder()] as const);
    expect(opusModule().liveStates).toBe(before + 600);
    const target = new Uint8Array(400);
    for (const [encoder, decoder] of many) {
      const length = encoder.encode(new Int16Array(160), target, 0);
      expect(decoder.decode(target.subarray(0, length), new Int16Array(MAX_PACKET_SAMPLES))).toBe(160);
      for (const one of [encoder, decoder, encoder, decoder]) one.close();
      expect(encoder.encode(new Int16Array(160), target, 0)).toBe(0);
      expect(decoder.decode(target, new Int16Array(MAX_PACKET_SAMPLES))).toBe(0);
    }
    expect(opusModule().liveStates).toBe(before);
  });
});

function changed(packet: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.array(fc.tuple(fc.nat(packet.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
    const bytes = packet.slice();
    for (const [at, value] of changes) bytes[at] = value;
    return bytes;
  });
}
