import { createHash } from 'node:crypto';
import { encodeG711 } from './g711.ts';
import type { Prompt } from './prompt.ts';

const SAMPLES_PER_MS = 8;

/** Makes a prompt from mono PCM of 8000 samples per second. Its id is the SHA-256 of the two encodings, in hexadecimal. */
export function makePrompt(pcm: Int16Array): Prompt {
  const pcmu = new SharedArrayBuffer(pcm.length);
  const pcma = new SharedArrayBuffer(pcm.length);
  encodeG711('PCMU', pcm, new Uint8Array(pcmu));
  encodeG711('PCMA', pcm, new Uint8Array(pcma));
  const id = createHash('sha256').update(new Uint8Array(pcmu)).update(new Uint8Array(pcma)).digest('hex');
  return { id, durationMs: pcm.length / SAMPLES_PER_MS, pcmu, pcma };
}
