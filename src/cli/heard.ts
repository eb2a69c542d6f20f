import { readWavHeader, readWavMono } from '../telephony/audio/wav.ts';

/** How a recording sounds. */
export interface Heard {
  readonly durationMs: number;
  /** How long something louder than a quiet line could be heard. */
  readonly soundMs: number;
  /** Loudness of what could be heard, in dB below full scale (0 = as loud as possible); -100 for silence. */
  readonly loudnessDb: number;
}

const FRAME_MS = 20;
/** Speech on a telephone lies around -26 dB; noise of a line well below -50 dB. */
const SOUND_ABOVE_DB = -45;
const SILENCE_DB = -100;

/** Measures a WAV file, or the part of it between two times, in frames of 20 ms. @throws WavError when it is none */
export function measureSound(wav: Uint8Array, fromMs = 0, toMs = Number.POSITIVE_INFINITY): Heard {
  const header = readWavHeader(wav);
  const begin = Math.min(header.frames, Math.round((fromMs * header.sampleRate) / 1000));
  const end = Math.min(header.frames, Math.round((toMs * header.sampleRate) / 1000));
  const frame = new Float32Array(Math.round((header.sampleRate * FRAME_MS) / 1000));
  let soundFrames = 0;
  let energy = 0;
  for (let first = begin; first < end; first += frame.length) {
    const count = readWavMono(wav, header, first, frame.subarray(0, end - first));
    const power = frame.subarray(0, count).reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, count);
    if (decibels(power) < SOUND_ABOVE_DB) continue;
    soundFrames += 1;
    energy += power;
  }
  return {
    durationMs: Math.round(((end - begin) / header.sampleRate) * 1000),
    soundMs: soundFrames * FRAME_MS,
    loudnessDb: Math.round(decibels(energy / soundFrames) * 10) / 10,
  };
}

function decibels(power: number): number {
  return power > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(power)) : SILENCE_DB;
}
