/** A sound file that is being read, mixed to mono. */
export interface AudioSource {
  readonly sampleRate: number;
  /** The next samples, full scale = 1, or undefined at the end. */
  read(): Float32Array | undefined;
  /** Frees the decoder. Idempotent. */
  close(): void;
}

/** Makes the error for a file that turns out not to be readable. */
export type Refuse = (reason: string) => Error;
