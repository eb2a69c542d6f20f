import { makePrompt } from './make-prompt.ts';
import type { Prompt } from './prompt.ts';

const SAMPLE_RATE = 8000;
const BEEP_HZ = 1000;
const BEEP_MS = 200;
const BEEP_DBOV = -15;
/** Without ramps the jump at both ends is heard as a click. */
const RAMP_MS = 5;

/** A sine tone at 8000 samples per second, faded in and out over 5 ms. `level` is its RMS in dBov (0 = full-scale square wave). */
export function tone(frequencyHz: number, durationMs: number, level: number): Int16Array {
  const samples = Math.round((durationMs * SAMPLE_RATE) / 1000);
  const ramp = Math.min(samples / 2, (RAMP_MS * SAMPLE_RATE) / 1000);
  const peak = Math.min(1, Math.SQRT2 * 10 ** (level / 20)) * 32_767;
  return Int16Array.from({ length: samples }, (_, index) => {
    const gain = Math.min(1, (index + 1) / ramp, (samples - index) / ramp);
    return Math.round(gain * peak * Math.sin((2 * Math.PI * frequencyHz * index) / SAMPLE_RATE));
  });
}

/** A ring as North American exchanges play it (ITU-T E.180): 440 and 480 Hz for 2 s, then silence for 4 s. */
const RING_HZ = [440, 480] as const;
const RING_MS = 2000;
const RING_PAUSE_MS = 4000;
const RING_DBOV = -22;

let madeRinging: Prompt | undefined;
let madeBeep: Prompt | undefined;

/** The beep before a recording: 1000 Hz for 0.2 s. Made once. */
export function beep(): Prompt {
  madeBeep ??= makePrompt(tone(BEEP_HZ, BEEP_MS, BEEP_DBOV));
  return madeBeep;
}

/** What a caller hears while it rings: one ring and the pause after it. Made once. */
export function ringing(): Prompt {
  madeRinging ??= makePrompt(ring());
  return madeRinging;
}

function ring(): Int16Array {
  const [low, high] = RING_HZ.map((frequencyHz) => tone(frequencyHz, RING_MS, RING_DBOV));
  const samples = new Int16Array(((RING_MS + RING_PAUSE_MS) * SAMPLE_RATE) / 1000);
  low?.forEach((sample, index) => {
    samples[index] = sample + (high?.[index] ?? 0);
  });
  return samples;
}
