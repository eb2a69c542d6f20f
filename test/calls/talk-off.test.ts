import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { Speech } from '../../src/speech/speech.ts';
import { DtmfDetector } from '../../src/telephony/audio/dtmf-detector.ts';
import { decodeG711 } from '../../src/telephony/audio/g711.ts';

const sentences = [
  'Welcome. For sales, press one. For support, press two. To hear this again, press the star key, or stay on the line.',
  'She sells sea shells by the sea shore; the shells that she sells are sea shells, I am sure.',
  'Please enter your account number, followed by the pound sign. Your call may be recorded for quality and training.',
  'Zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen.',
  'Who would know whether the whistling wind would blow two hollow reeds, or hoot like an owl in a low room?',
  'Eee, ooo, aaa, mmm. You may leave a message after the tone. We are sorry that nobody can take your call at the moment.',
];

let folder = '';
let speech: Speech;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'talk-off-'));
  speech = await Speech.open({ cacheDir: folder, log: silentLogger });
}, 60_000);
afterAll(async () => {
  await speech.close();
  await rm(folder, { recursive: true });
});

it('speech is never taken for a key, at any level', async () => {
  const found: string[] = [];
  let seconds = 0;
  for (const sentence of sentences) {
    const { pcmu } = await speech.prompt(sentence, {}, new AbortController().signal);
    const samples = new Int16Array(pcmu.byteLength);
    decodeG711('PCMU', new Uint8Array(pcmu), samples);
    for (const gain of [0.25, 1, 2]) {
      const detector = new DtmfDetector(({ kind, digit }) => found.push(`${kind} ${digit}`));
      detector.hear(samples.map((sample) => Math.max(-32_768, Math.min(32_767, sample * gain))));
      seconds += samples.length / 8000;
    }
  }
  expect(found).toEqual([]);
  expect(seconds).toBeGreaterThan(100);
}, 60_000);
