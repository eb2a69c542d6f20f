import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildWav, pcm16, peakAt, rms, sine } from '../../test/support/sound.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { decodeG711 } from '../telephony/audio/g711.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { readWavHeader } from '../telephony/audio/wav.ts';
import { Speech, type SpeechOptions } from './speech.ts';

const forever = new AbortController().signal;
const mp3 = readFileSync(new URL('../../test/fixtures/tone-1khz.mp3', import.meta.url));
const SENTENCE = 'Please press one for sales.';

let cacheDir: string;
let clock: VirtualClock;
const opened: Speech[] = [];

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'speech-'));
  clock = new VirtualClock();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((speech) => speech.close()));
  await rm(cacheDir, { recursive: true, force: true });
});

async function open(options: Partial<SpeechOptions> = {}): Promise<Speech> {
  const speech = await Speech.open({ cacheDir, log: silentLogger, clock, ...options });
  opened.push(speech);
  return speech;
}

function pcmOf(prompt: Prompt): Int16Array {
  const samples = new Int16Array(prompt.pcmu.byteLength);
  decodeG711('PCMU', new Uint8Array(prompt.pcmu), samples);
  return samples;
}

describe('text to speech', () => {
  it('says a sentence: right length, telephone level, the same bytes each time', async () => {
    const speech = await open();
    const prompt = await speech.prompt(SENTENCE, {}, forever);
    expect(prompt.durationMs).toBeGreaterThan(1000);
    expect(prompt.durationMs).toBeLessThan(4000);
    expect([prompt.pcmu.byteLength, prompt.pcma.byteLength]).toEqual([prompt.durationMs * 8, prompt.durationMs * 8]);
    const level = 20 * Math.log10(rms(pcmOf(prompt)) / 32_768);
    expect(level).toBeGreaterThan(-23);
    expect(level).toBeLessThan(-16);

    await speech.close();
    await rm(cacheDir, { recursive: true });
    const again = await (await open()).prompt(SENTENCE, {}, forever);
    expect(again.id).toBe(prompt.id);
    expect(again).not.toBe(prompt);
  });

  it('has voices, the default first, and says which when one is not known', async () => {
    const speech = await open();
    expect(speech.voices.slice(0, 2)).toEqual(['rms', 'slt']);
    const [usual, named, other] = await Promise.all([
      speech.prompt(SENTENCE, {}, forever),
      speech.prompt(SENTENCE, { voice: 'rms' }, forever),
      speech.prompt(SENTENCE, { voice: 'slt' }, forever),
    ]);
    expect(named).toBe(usual);
    expect(other?.id).not.toBe(usual?.id);
    await expect(speech.prompt(SENTENCE, { voice: '../x' }, forever)).rejects.toMatchObject({
      code: 'TEXT_NOT_SPEAKABLE',
      message: expect.stringContaining('rms, slt'),
    });
  });

  it('gives a prompt of zero length for nothing, without a thread', async () => {
    const speech = await open();
    expect(await speech.prompt(' \n ', {}, forever)).toMatchObject({ durationMs: 0 });
    await expect(speech.prompt('a'.repeat(4001), {}, forever)).rejects.toMatchObject({ code: 'TEXT_NOT_SPEAKABLE' });
    expect(speech.threads).toBe(0);
  });

  it('refuses a text that would be spoken for ever', async () => {
    const speech = await open();
    await expect(speech.prompt('w'.repeat(4000), { voice: 'kal16' }, forever)).rejects.toMatchObject({
      code: 'TEXT_NOT_SPEAKABLE',
      message: expect.stringContaining('10 minutes'),
    });
  }, 60_000);
});

describe('the cache', () => {
  it('answers from memory with the same object, even when white space differs', async () => {
    const speech = await open();
    const prompt = await speech.prompt(SENTENCE, {}, forever);
    expect(await speech.prompt(`  ${SENTENCE.replace(' ', '\n')}`, {}, forever)).toBe(prompt);
  });

  it('answers from memory in the same turn of the event loop', async () => {
    const speech = await open();
    await speech.prompt(SENTENCE, {}, forever);
    const order: string[] = [];
    setImmediate(() => order.push('next turn'));
    await speech.prompt(SENTENCE, {}, forever).then(() => order.push('prompt'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(['prompt', 'next turn']);
  });

  it('answers from disk after a restart, without a thread', async () => {
    const first = await open();
    const prompt = await first.prompt(SENTENCE, {}, forever);
    await first.close();
    const second = await open();
    expect((await second.prompt(SENTENCE, {}, forever)).id).toBe(prompt.id);
    expect(second.threads).toBe(0);
  });

  it('renders again what is damaged on disk', async () => {
    const first = await open();
    const prompt = await first.prompt(SENTENCE, {}, forever);
    await first.close();
    const [name = ''] = await readdir(cacheDir);
    await writeFile(join(cacheDir, name), 'damaged');
    const second = await open();
    expect((await second.prompt(SENTENCE, {}, forever)).id).toBe(prompt.id);
    expect(second.threads).toBe(1);
  });

  it('renders once for several who ask at the same time; one may leave', async () => {
    const speech = await open();
    const leaving = new AbortController();
    const first = speech.prompt(SENTENCE, {}, leaving.signal);
    const second = speech.prompt(SENTENCE, {}, forever);
    const third = speech.prompt(SENTENCE, {}, forever);
    leaving.abort(new Error('hung up'));
    await expect(first).rejects.toThrow('hung up');
    expect(await third).toBe(await second);
  });

  it('renders nothing when all who asked have left', async () => {
    const speech = await open();
    const leaving = new AbortController();
    const asked = [speech.prompt(SENTENCE, {}, leaving.signal), speech.prompt(SENTENCE, {}, leaving.signal)];
    leaving.abort(new Error('hung up'));
    for (const prompt of asked) await expect(prompt).rejects.toThrow('hung up');
    await speech.close();
    expect(await readdir(cacheDir)).toEqual([]);
  });
});

describe('sound files', () => {
  it('are decoded to a prompt and a WAV file of 16 kHz', async () => {
    const speech = await open();
    const wav = buildWav({ sampleRate: 44_100, data: pcm16(sine(1000, 44_100, 0.5)) });
    for (const bytes of [wav, mp3]) {
      const { prompt, wav16k, durationMs } = await speech.decodeUpload(bytes, forever);
      expect(durationMs).toBe(prompt.durationMs);
      expect(durationMs).toBeGreaterThan(499);
      const middle = pcmOf(prompt).subarray(800, 3200);
      expect(peakAt(1000, 8000, middle) / (rms(middle) * Math.SQRT2)).toBeGreaterThan(0.98);
      const file = readWavHeader(wav16k);
      expect([file.sampleRate, file.channels]).toEqual([16_000, 1]);
      expect(Math.abs(file.frames - durationMs * 16)).toBeLessThanOrEqual(1);
    }
  });

  it('that are none are refused with the reason', async () => {
    const speech = await open();
    await expect(speech.decodeUpload(Buffer.from('fLaC'), forever)).rejects.toMatchObject({
      code: 'FILE_NOT_AUDIO',
      message: 'The file cannot be played: it is a FLAC file. Send WAV (PCM, G.711) or MP3.',
    });
    await expect(speech.decodeUpload(new Uint8Array(64 * 1024 * 1024 + 1), forever)).rejects.toMatchObject({ code: 'FILE_NOT_AUDIO' });
  });

  it('leave the bytes of the caller alone', async () => {
    const speech = await open();
    const bytes = Uint8Array.from(mp3);
    await speech.decodeUpload(bytes, forever);
    expect(Buffer.from(bytes).equals(mp3)).toBe(true);
  });

  it('that are stored are loaded once and kept by name', async () => {
    const speech = await open();
    let loads = 0;
    const load = async () => {
      loads++;
      return mp3;
    };
    const [one, two] = await Promise.all([speech.stored('file-1', load, forever), speech.stored('file-1', load, forever)]);
    expect(await speech.stored('file-1', load, forever)).toBe(one);
    expect(two).toBe(one);
    expect(loads).toBe(1);
    await speech.stored('file-2', load, forever);
    expect(loads).toBe(2);
  });

  it('hand on why a stored file could not be loaded, and try again next time', async () => {
    const speech = await open();
    const missing = async (): Promise<Uint8Array> => {
      throw new Error('no such file');
    };
    await expect(speech.stored('file-1', missing, forever)).rejects.toThrow('no such file');
    expect((await speech.stored('file-1', async () => mp3, forever)).durationMs).toBeGreaterThan(900);
  });
});

describe('threads', () => {
  it('exist only while there is work, and close ends them', async () => {
    const speech = await open({ idleMs: 10_000 });
    expect(speech.threads).toBe(0);
    await Promise.all([speech.prompt('One.', { voice: 'kal16' }, forever), speech.decodeUpload(mp3, forever)]);
    expect(speech.threads).toBe(2);
    await clock.advance(10_000);
    expect([speech.threads, clock.pendingTimers]).toEqual([0, 0]);
    await speech.prompt('Two.', { voice: 'kal16' }, forever);
    expect(speech.threads).toBe(1);
    await Promise.all([speech.close(), speech.close()]);
    expect([speech.threads, clock.pendingTimers]).toEqual([0, 0]);
    await expect(speech.prompt('Three.', {}, forever)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('do not make short texts wait for a long one', async () => {
    const speech = await open();
    const order: string[] = [];
    const long = 'This is a sentence of a rather long announcement that nobody wants to hear. '.repeat(12);
    await Promise.all([
      speech.prompt(long, {}, forever).then(() => order.push('long')),
      speech.prompt('Short.', {}, forever).then(() => order.push('short')),
    ]);
    expect(order).toEqual(['short', 'long']);
  });
});
