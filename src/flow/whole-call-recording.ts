/** The recording of both sides of a call, beside whatever its flow does. */
export interface WholeCallRecording {
  /** Begins a recording, or goes on with the one that is paused. Does nothing while one goes on. */
  start(layout: 'stereo' | 'mono'): void;
  /** Leaves out what is said from now on, until `start`. Does nothing when nothing is recorded. */
  pause(): void;
  /** Ends the recording and stores it; undefined when nothing was recorded. @throws when it could not be written or stored */
  stop(): Promise<KeptRecording | undefined>;
}

export interface KeptRecording {
  /** The id of the stored file. */
  readonly fileId: string;
  readonly durationMs: number;
}
