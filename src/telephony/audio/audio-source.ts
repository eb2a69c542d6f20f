/** Largest sound file that is taken, and longest sound. */
export const audioLimits = { bytes: 64 * 1024 * 1024, minutes: 30 } as const;

/** A sound file that is being read, mixed to mono. */
export interface AudioSource {
  readonly sampleRate: number;
  /** The next samples, full scale = 1, valid until the next call; undefined at the end. @throws NotAudioError */
  read(): Float32Array | undefined;
  /** Frees the decoder. Idempotent. */
  close(): void;
}

/** The bytes are no sound that we can read. `message` says why, for people, as the end of a sentence: "it is a FLAC file". */
export class NotAudioError extends Error {
  override readonly name = 'NotAudioError';
}
