import { parentPort } from 'node:worker_threads';
import { NotAudioError } from '../telephony/audio/audio-source.ts';
import { decodeAudio } from '../telephony/audio/decode-audio.ts';
import { makePrompt } from '../telephony/audio/make-prompt.ts';
import { wavHeader, wavHeaderBytes } from '../telephony/audio/wav.ts';
import { type Flite, loadFlite } from './flite.ts';
import { renderSpeech, SpeechTooLongError } from './render-speech.ts';
import type { AudioJob, AudioResult, WorkerReport, WorkerRequest } from './worker-messages.ts';

/**
 * The thread that synthesises speech and decodes sound files. Jobs take turns, piece by piece, so that a long one does not hold up
 * the short ones. One thread serves one kind of job in practice; the engine is loaded when the first text comes.
 */
class CancelledError extends Error {}

const port = parentPort;
if (!port) throw new Error('audio-worker runs in a worker thread only');

const wanted = new Set<number>();
let flite: Promise<Flite> | undefined;

port.on('message', (request: WorkerRequest) => {
  switch (request.kind) {
    case 'start':
      wanted.add(request.id);
      void work(request.id, request.job);
      break;
    case 'cancel':
      wanted.delete(request.id);
      break;
  }
});

async function work(id: number, job: AudioJob): Promise<void> {
  const turn = async (): Promise<void> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!wanted.has(id)) throw new CancelledError();
    report({ kind: 'turn', id });
  };
  try {
    const result = job.kind === 'say' ? await say(job, turn) : await decode(job, turn);
    report({ kind: 'done', id, result }, result.wav16k ? [result.wav16k.buffer] : []);
  } catch (error) {
    report(failure(id, error));
  } finally {
    wanted.delete(id);
  }
}

async function say(job: Extract<AudioJob, { kind: 'say' }>, turn: () => Promise<void>): Promise<AudioResult> {
  flite ??= loadFlite();
  return { prompt: makePrompt(await renderSpeech(await flite, job.text, job.voice, turn)) };
}

async function decode(job: Extract<AudioJob, { kind: 'decode' }>, turn: () => Promise<void>): Promise<AudioResult> {
  const { pcm8k, pcm16k } = await decodeAudio(new Uint8Array(job.file), turn);
  const wav16k = new Uint8Array(wavHeaderBytes + pcm16k.byteLength);
  wav16k.set(wavHeader(16_000, pcm16k.byteLength));
  wav16k.set(new Uint8Array(pcm16k.buffer, pcm16k.byteOffset, pcm16k.byteLength), wavHeaderBytes);
  return { prompt: makePrompt(pcm8k), wav16k };
}

function failure(id: number, error: unknown): WorkerReport {
  if (error instanceof CancelledError) return { kind: 'cancelled', id };
  if (error instanceof NotAudioError) return { kind: 'refused', id, code: 'FILE_NOT_AUDIO', reason: error.message };
  if (error instanceof SpeechTooLongError) return { kind: 'refused', id, code: 'TEXT_NOT_SPEAKABLE', reason: error.message };
  return { kind: 'failed', id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function report(message: WorkerReport, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}
