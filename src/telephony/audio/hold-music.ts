import { makePrompt } from './make-prompt.ts';
import type { Prompt } from './prompt.ts';

const SAMPLE_RATE = 8000;
const NOTE_MS = 400;
/** How long a note is heard; it fades all the while. */
const RING_MS = 1600;
const FADE_IN_MS = 6;
/** To a thirtieth at the end. */
const DECAY = 3.4;
const OVERTONE = 0.18;
const LOUDNESS = 3600;

const C4 = 261.63;
/** Chords of three notes in semitones above C4, each broken up into eight notes. */
const CHORDS = [
  [0, 4, 7],
  [-3, 4, 9],
  [-7, 5, 9],
  [-5, 2, 7],
] as const;
const BROKEN = [0, 1, 2, 1, 2, 1, 0, 1] as const;

let made: Prompt | undefined;

/** What who is on hold hears: a piece of 12.8 s, made to be repeated without a gap. Made once. */
export function holdMusic(): Prompt {
  made ??= makePrompt(compose());
  return made;
}

function compose(): Int16Array {
  const noteSamples = (NOTE_MS * SAMPLE_RATE) / 1000;
  const piece = new Float32Array(CHORDS.length * BROKEN.length * noteSamples);
  CHORDS.forEach((chord, bar) => {
    BROKEN.forEach((which, beat) => {
      pluck(piece, (bar * BROKEN.length + beat) * noteSamples, C4 * 2 ** ((chord[which] ?? 0) / 12));
    });
  });
  return Int16Array.from(piece);
}

/** Adds a note like that of a plucked string; what rings beyond the end is heard at the beginning. */
function pluck(piece: Float32Array, from: number, frequencyHz: number): void {
  const samples = (RING_MS * SAMPLE_RATE) / 1000;
  const fadeIn = (FADE_IN_MS * SAMPLE_RATE) / 1000;
  const step = (2 * Math.PI * frequencyHz) / SAMPLE_RATE;
  for (let index = 0; index < samples; index++) {
    const gain = LOUDNESS * Math.min(1, index / fadeIn) * Math.exp((-DECAY * index) / samples) * Math.min(1, (samples - index) / fadeIn);
    const at = (from + index) % piece.length;
    piece[at] = (piece[at] ?? 0) + gain * (Math.sin(step * index) + OVERTONE * Math.sin(2 * step * index));
  }
}
