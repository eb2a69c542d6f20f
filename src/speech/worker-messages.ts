import type { Prompt } from '../telephony/audio/prompt.ts';
import type { FliteVoice } from './flite.ts';

/** What the worker can be asked to make. */
export type AudioJob =
  | { readonly kind: 'say'; readonly text: string; readonly voice: FliteVoice }
  | { readonly kind: 'decode'; readonly file: SharedArrayBuffer };

export interface AudioResult {
  readonly prompt: Prompt;
  /** Of 'decode' only: the sound as a WAV file of 16 bit mono, 16000 samples per second. */
  readonly wav16k?: Uint8Array<ArrayBuffer>;
}

/** To the worker. `cancel` is a hint: a job that is no longer wanted ends before its next piece. */
export type WorkerRequest =
  | { readonly kind: 'start'; readonly id: number; readonly job: AudioJob }
  | { readonly kind: 'cancel'; readonly id: number };

/** From the worker. `turn` comes before each piece of a job; `refused` is the fault of the asker, `failed` is not. */
export type WorkerReport =
  | { readonly kind: 'turn'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly result: AudioResult }
  | { readonly kind: 'refused'; readonly id: number; readonly code: 'FILE_NOT_AUDIO' | 'TEXT_NOT_SPEAKABLE'; readonly reason: string }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string }
  | { readonly kind: 'cancelled'; readonly id: number };
