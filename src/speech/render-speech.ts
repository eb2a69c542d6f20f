import { equaliseForTelephone } from '../telephony/audio/equaliser.ts';
import { PcmBuffer } from '../telephony/audio/pcm-buffer.ts';
import { openResampler, type Resampler } from '../telephony/audio/resample.ts';
import { readWavHeader, readWavMono } from '../telephony/audio/wav.ts';
import type { Flite, FliteVoice } from './flite.ts';
import { splitIntoPieces } from './spoken-text.ts';

/** Longest speech of one text. Text of a few thousand digits or capitals would be spoken for half an hour. */
const MAX_MINUTES = 10;
const SAMPLE_RATE = 8000;

/** The text is short enough, but not what it becomes when spoken. */
export class SpeechTooLongError extends Error {
  override readonly name = 'SpeechTooLongError';
}

/**
 * Synthesises `text` piece by piece: PCM of 8000 samples per second, equalised for the telephone.
 * `turn` is awaited before each piece; what it throws ends the work.
 * @throws SpeechTooLongError; whatever the engine throws.
 */
export async function renderSpeech(flite: Flite, text: string, voice: FliteVoice, turn: () => Promise<void>): Promise<Int16Array> {
  const parts: Float32Array[] = [];
  let length = 0;
  const add = (part: Float32Array): void => {
    parts.push(part);
    length += part.length;
    if (length > MAX_MINUTES * 60 * SAMPLE_RATE) {
      throw new SpeechTooLongError(`it would take longer than ${MAX_MINUTES} minutes`);
    }
  };
  let resampler: Resampler | undefined;
  try {
    for (const piece of splitIntoPieces(text)) {
      await turn();
      const wav = flite(piece, voice);
      const file = readWavHeader(wav);
      if (file.frames === 0) continue;
      const samples = new Float32Array(file.frames);
      readWavMono(wav, file, 0, samples);
      resampler ??= await openResampler(file.sampleRate, SAMPLE_RATE);
      add(resampler.push(samples));
    }
    if (resampler) add(resampler.end());
  } finally {
    resampler?.close();
  }
  const whole = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  equaliseForTelephone(whole);
  const pcm = new PcmBuffer(length);
  pcm.add(whole);
  return pcm.samples();
}
