/** Audio that is ready to be sent: G.711, 8000 samples per second, one byte each, mono, in memory that threads share. */
export interface Prompt {
  /** Names the content: equal ids mean equal bytes. */
  readonly id: string;
  readonly durationMs: number;
  readonly pcmu: SharedArrayBuffer;
  readonly pcma: SharedArrayBuffer;
}
