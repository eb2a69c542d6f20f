import { CallRecorder } from './call-recorder.ts';
import type { CallRecorded, RecordingLayout } from './media-port.ts';

/** The recordings of both sides of one stream: one at a time, several in turn. */
export class CallRecording {
  readonly #onFailed: () => void;
  #recorder: CallRecorder | undefined;
  /** Those that are not complete yet. */
  readonly #finishing = new Set<Promise<CallRecorded>>();

  /** @param onFailed is called when the one that went on has ended because of the disk */
  constructor(onFailed: () => void) {
    this.#onFailed = onFailed;
  }

  /** The one that goes on now. */
  get recorder(): CallRecorder | undefined {
    return this.#recorder;
  }

  /** Begins one. Resolves when its file is complete. @throws Error when there is one already; the error of the disk */
  async start(path: string, layout: RecordingLayout, nowMs: number): Promise<CallRecorded> {
    if (this.#recorder) throw new Error('The call is being recorded already');
    const recorder = new CallRecorder(path, layout, nowMs);
    this.#recorder = recorder;
    const { recorded } = recorder;
    this.#finishing.add(recorded);
    try {
      return await recorded;
    } finally {
      this.#finishing.delete(recorded);
      if (this.#recorder === recorder) {
        this.#recorder = undefined;
        this.#onFailed();
      }
    }
  }

  /** Ends the one that goes on, if there is one. `last`: see CallRecorder. */
  stop(nowMs: number, last?: Promise<void>): void {
    this.#recorder?.end(nowMs, last);
    this.#recorder = undefined;
  }

  /** Resolves when every file is complete, or given up. */
  async complete(): Promise<void> {
    await Promise.allSettled(this.#finishing);
  }
}
