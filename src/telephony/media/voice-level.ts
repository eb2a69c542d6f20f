/** Mean magnitude of 16 bit samples that is voice on any line: about -44 dB of full scale. */
const LEAST_VOICE = 200;
/** Mean magnitude that is voice however noisy the line is: about -26 dB. */
const SURE_VOICE = 1600;
/** Voice stands out of the noise by so much. */
const ABOVE_NOISE = 3;
/** The estimate of the noise sinks at once and rises by this factor per frame of 20 ms: doubled in 3.5 s. */
const NOISE_RISE = 1.004;

/**
 * Tells voice from silence by level, frame by frame. The threshold follows the noise of the line: it is what is there when nobody speaks.
 * Meant for ending a recording, not for understanding speech.
 */
export class VoiceLevel {
  #noise = LEAST_VOICE / ABOVE_NOISE;

  /** Whether `frame`, 20 ms of 16 bit samples, holds voice. */
  hear(frame: Int16Array): boolean {
    let sum = 0;
    for (let index = 0; index < frame.length; index++) sum += Math.abs(frame[index] ?? 0);
    const level = frame.length === 0 ? 0 : sum / frame.length;
    this.#noise = Math.max(1, Math.min(level, this.#noise * NOISE_RISE));
    return level >= Math.min(SURE_VOICE, Math.max(LEAST_VOICE, this.#noise * ABOVE_NOISE));
  }
}
