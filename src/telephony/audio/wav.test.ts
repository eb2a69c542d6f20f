import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildWav, pcm16, sine } from '../../../test/support/sound.ts';
import { NotAudioError } from './audio-source.ts';
import { encodeG711 } from './g711.ts';
import { readWavHeader, readWavMono, wavHeader, wavHeaderBytes } from './wav.ts';

function read(bytes: Uint8Array): number[] {
  const file = readWavHeader(bytes);
  const samples = new Float32Array(file.frames);
  expect(readWavMono(bytes, file, 0, samples)).toBe(file.frames);
  return [...samples];
}

describe('sample formats', () => {
  const expected = [0.5, -0.5, 0, -1];
  const cases = [
    { name: '8 bit', tag: 1, bits: 8, data: Buffer.from([192, 64, 128, 0]) },
    { name: '16 bit', tag: 1, bits: 16, data: Buffer.from(Int16Array.of(16_384, -16_384, 0, -32_768).buffer) },
    {
      name: '24 bit',
      tag: 1,
      bits: 24,
      data: Buffer.from('000040' + '0000c0' + '000000' + '000080', 'hex'),
    },
    { name: '32 bit', tag: 1, bits: 32, data: Buffer.from(Int32Array.of(2 ** 30, -(2 ** 30), 0, -(2 ** 31)).buffer) },
    { name: 'float', tag: 3, bits: 32, data: Buffer.from(Float32Array.of(0.5, -0.5, Number.NaN, -7).buffer) },
  ];
  it.each(cases)('reads $name, plain and extensible', ({ tag, bits, data }) => {
    expect(read(buildWav({ tag, bits, data }))).toEqual(expected);
    expect(read(buildWav({ tag, bits, data, extensible: true }))).toEqual(expected);
  });

  it.each([
    ['PCMU', 7],
    ['PCMA', 6],
  ] as const)('reads %s', (codec, tag) => {
    const data = new Uint8Array(3);
    encodeG711(codec, Int16Array.of(0, 16_000, -16_000), data);
    const [silence = 1, high = 0, low = 0] = read(buildWav({ tag, bits: 8, data }));
    expect(silence).toBeCloseTo(0, 3);
    expect(high).toBeCloseTo(0.488, 1);
    expect(low).toBe(-high);
  });

  it('mixes two channels', () => {
    const data = Buffer.from(Int16Array.of(16_384, 0, -16_384, -16_384, 100, -100).buffer);
    expect(read(buildWav({ channels: 2, data }))).toEqual([0.25, -0.5, 0]);
  });

  it('reads in parts from any frame', () => {
    const bytes = buildWav({ data: pcm16(sine(440, 8000, 0.1)) });
    const file = readWavHeader(bytes);
    const whole = new Float32Array(800);
    const part = new Float32Array(300);
    readWavMono(bytes, file, 0, whole);
    expect(readWavMono(bytes, file, 700, part)).toBe(100);
    expect(part.subarray(0, 100)).toEqual(whole.subarray(700));
    expect(readWavMono(bytes, file, 900, part)).toBe(0);
  });
});

describe('structure', () => {
  const data = pcm16(sine(440, 8000, 0.01));

  it('skips chunks that it does not know, also of odd length', () => {
    const before = [
      { tag: 'LIST', body: Buffer.from('abc') },
      { tag: 'bext', body: new Uint8Array(602) },
    ];
    expect(readWavHeader(buildWav({ before, data })).frames).toBe(80);
  });

  it('reads to the real end when the writer was interrupted', () => {
    for (const sizes of [
      { riffSize: 0, dataSize: 0 },
      { riffSize: 36, dataSize: 0 },
      { riffSize: 0xffff_ffff, dataSize: 0xffff_ffff },
      { riffSize: 1e6, dataSize: 1e6 },
    ]) {
      expect(readWavHeader(buildWav({ data, ...sizes })).frames, JSON.stringify(sizes)).toBe(80);
    }
  });

  it('believes an empty data chunk in a file that is finished', () => {
    const empty = Buffer.concat([buildWav({ data: new Uint8Array(0) }), Buffer.from('LIST\x02\0\0\0ab')]);
    empty.writeUInt32LE(empty.length - 8, 4);
    expect(readWavHeader(empty).frames).toBe(0);
  });

  it('leaves half a frame at the end out', () => {
    expect(readWavHeader(buildWav({ data: data.subarray(0, 15) })).frames).toBe(7);
  });

  it.each([
    ['nothing', new Uint8Array(0), /RIFF/],
    ['another RIFF', Buffer.from('RIFF\x04\0\0\0AVI '), /RIFF\/WAVE/],
    ['no chunks', Buffer.from('RIFF\x04\0\0\0WAVE'), /no format/],
    ['three channels', buildWav({ channels: 3, data }), /3 channels/],
    ['no channel', buildWav({ channels: 0, data }), /0 channels/],
    ['a rate of 0', buildWav({ sampleRate: 0, data }), /sample rate is 0/],
    ['a rate of 400 kHz', buildWav({ sampleRate: 400_000, data }), /sample rate/],
    ['ADPCM', buildWav({ tag: 2, bits: 4, data }), /tag 2, 4 bits/],
    ['12 bit', buildWav({ bits: 12, data }), /12 bits/],
    ['a wrapped format of another family', buildWav({ extensible: true, data }).fill(9, 50, 54), /extended/],
    ['samples before the format', Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVEdata\x02\0\0\0ab')]), /before their format/],
    ['format only', buildWav({ data }).subarray(0, 36), /no samples/],
    ['half a format', buildWav({ data }).subarray(0, 30), /cut off/],
    ['two formats', buildWav({ data, before: [{ tag: 'fmt ', body: new Uint8Array(16) }] }), /two format/],
    [
      'too many chunks',
      buildWav({ data, before: Array.from({ length: 1001 }, () => ({ tag: 'junk', body: new Uint8Array(0) })) }),
      /1000 chunks/,
    ],
  ])('refuses %s', (_name, bytes, message) => {
    expect(() => readWavHeader(bytes)).toThrow(NotAudioError);
    expect(() => readWavHeader(bytes)).toThrow(message);
  });
});

describe('hostile bytes', () => {
  const seeds = [
    buildWav({ data: pcm16(sine(440, 8000, 0.02)), channels: 2 }),
    buildWav({ data: new Uint8Array(99), bits: 24, extensible: true, before: [{ tag: 'LIST', body: new Uint8Array(5) }] }),
  ];

  it('are read within their bounds or refused', () => {
    const damage = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom(...seeds), damage, fc.nat(200), (seed, changes, cut) => {
        const bytes = Buffer.from(seed.subarray(0, Math.max(0, seed.length - (cut > 100 ? cut : 0))));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        try {
          const file = readWavHeader(bytes);
          const samples = new Float32Array(file.frames);
          expect(file.dataAt + file.frames * file.bytesPerFrame).toBeLessThanOrEqual(bytes.length);
          expect(readWavMono(bytes, file, 0, samples)).toBe(file.frames);
          expect(samples.every((sample) => Math.abs(sample) <= 1)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(NotAudioError);
        }
      }),
      { seed: 711, numRuns: 2000 },
    );
  });
});

describe('header', () => {
  it('is what the reader expects', () => {
    const data = pcm16(sine(440, 16_000, 0.01));
    const header = wavHeader(16_000, data.length);
    expect(header).toHaveLength(wavHeaderBytes);
    expect(Buffer.concat([header, data])).toEqual(buildWav({ sampleRate: 16_000, data }));
    expect(readWavHeader(Buffer.concat([header, data]))).toEqual({
      encoding: 'pcm16',
      sampleRate: 16_000,
      channels: 1,
      bytesPerFrame: 2,
      frames: 160,
      dataAt: 44,
    });
  });

  it('written before the length is known still lets the samples be read', () => {
    expect(readWavHeader(Buffer.concat([wavHeader(8000, 0), new Uint8Array(320)])).frames).toBe(160);
  });
});
