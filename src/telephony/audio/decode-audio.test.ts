import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildWav, pcm16, peakAt, rms, sine } from '../../../test/support/sound.ts';
import { NotAudioError } from './audio-source.ts';
import { decodeAudio } from './decode-audio.ts';

const mp3 = readFileSync(new URL('../../../test/fixtures/tone-1khz.mp3', import.meta.url));
const noTurn = async (): Promise<void> => {};

function expectTone(samples: Int16Array, sampleRate: number, peak: number): void {
  const middle = samples.subarray(sampleRate / 5, (sampleRate * 4) / 5);
  expect(peakAt(1000, sampleRate, middle) / 32_768).toBeCloseTo(peak, 1);
  expect(peakAt(1000, sampleRate, middle) / (rms(middle) * Math.SQRT2)).toBeGreaterThan(0.98);
}

describe('decoding', () => {
  it.each([8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])('takes WAV of %i Hz to both rates', async (sampleRate) => {
    const { pcm8k, pcm16k } = await decodeAudio(buildWav({ sampleRate, data: pcm16(sine(1000, sampleRate, 1)) }), noTurn);
    expect([pcm8k.length, pcm16k.length]).toEqual([8000, 16_000]);
    expectTone(pcm8k, 8000, 0.5);
    expectTone(pcm16k, 16_000, 0.5);
  });

  it('leaves 16 bit samples of the right rate as they are', async () => {
    const samples = Int16Array.from({ length: 500 }, (_, index) => ((index * 7919) % 65_536) - 32_768);
    const { pcm8k } = await decodeAudio(buildWav({ data: new Uint8Array(samples.buffer) }), noTurn);
    expect(pcm8k).toEqual(samples);
  });

  it('decodes MP3, also behind a tag', async () => {
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x01\0', 'latin1'), Buffer.alloc(128)]);
    for (const bytes of [mp3, Buffer.concat([tag, mp3])]) {
      const { pcm8k, pcm16k } = await decodeAudio(bytes, noTurn);
      expect(pcm8k.length).toBeGreaterThan(7900);
      expect(pcm8k.length).toBeLessThan(9200);
      expect(Math.abs(pcm16k.length - 2 * pcm8k.length)).toBeLessThanOrEqual(1);
      expectTone(pcm8k, 8000, 0.5);
      expectTone(pcm16k, 16_000, 0.5);
    }
  });

  it('reads from memory that threads share', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(mp3.length));
    shared.set(mp3);
    expect((await decodeAudio(shared, noTurn)).pcm8k).toEqual((await decodeAudio(mp3, noTurn)).pcm8k);
  });

  it('asks for its turn between pieces, and stops when that is refused', async () => {
    let turns = 0;
    const long = buildWav({ sampleRate: 48_000, data: new Uint8Array(48_000 * 2 * 10) });
    await decodeAudio(long, async () => {
      turns++;
    });
    expect(turns).toBeGreaterThan(5);
    const stop = new Error('no longer wanted');
    await expect(
      decodeAudio(long, async () => {
        if (--turns === 2) throw stop;
      }),
    ).rejects.toBe(stop);
  });
});

describe('refusal', () => {
  it.each([
    ['empty', new Uint8Array(0), 'it is empty'],
    ['Ogg', Buffer.from('OggS\0\x02'), 'it is an Ogg file'],
    ['FLAC', Buffer.from('fLaC\0'), 'it is a FLAC file'],
    ['M4A', Buffer.from('\0\0\0\x20ftypM4A '), 'it is an MP4 or M4A file'],
    ['AIFF', Buffer.from('FORM\0\0\0\0AIFF'), 'it is an AIFF file'],
    ['WebM', Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), 'it is a WebM or Matroska file'],
    ['AMR', Buffer.from('#!AMR\n'), 'it is an AMR file'],
    ['RF64', Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1'), 'it is a WAV variant (RIFX or RF64)'],
    ['text', Buffer.from('<html>'), 'it is of a format that is not known'],
    ['WAV without sound', buildWav({ data: new Uint8Array(0) }), 'it has no sound in it'],
    ['WAV of another format', buildWav({ tag: 0x55, data: new Uint8Array(8) }), 'tag 85'],
  ])('of %s names the reason', async (_name, bytes, reason) => {
    const failure = decodeAudio(bytes, noTurn);
    await expect(failure).rejects.toBeInstanceOf(NotAudioError);
    await expect(failure).rejects.toThrow(reason);
  });

  it('of a sound that is too long, although its file is small', async () => {
    const long = buildWav({ sampleRate: 4000, bits: 8, data: new Uint8Array(4000 * 60 * 30 + 1) });
    await expect(decodeAudio(long, noTurn)).rejects.toThrow('longer than 30 minutes');
  });

  it('of a file that is too large', async () => {
    await expect(decodeAudio(new Uint8Array(64 * 1024 * 1024 + 1), noTurn)).rejects.toThrow('larger than 64 MB');
  });
});

describe('hostile MP3', () => {
  it('is decoded or refused, never more', async () => {
    const changes = fc.array(fc.tuple(fc.nat(mp3.length - 1), fc.nat(255)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(changes, fc.nat(mp3.length), fc.nat(mp3.length), async (damage, from, to) => {
        const bytes = Buffer.from(mp3);
        for (const [at, value] of damage) bytes[at] = value;
        bytes.copyWithin(Math.min(from, to), Math.max(from, to));
        try {
          const { pcm8k } = await decodeAudio(bytes, noTurn);
          expect(pcm8k.length).toBeLessThan(100_000);
        } catch (error) {
          expect(error).toBeInstanceOf(NotAudioError);
        }
      }),
      { seed: 1152, numRuns: 60 },
    );
  });

  it('that is noise between good frames is decoded or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2000, maxLength: 20_000 }), async (noise) => {
        try {
          await decodeAudio(Buffer.concat([mp3, noise, mp3]), noTurn);
        } catch (error) {
          expect(error).toBeInstanceOf(NotAudioError);
        }
      }),
      { seed: 9, numRuns: 20 },
    );
  });
});
