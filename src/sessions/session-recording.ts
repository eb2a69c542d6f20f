import type { Recordings } from '../flow/flow-host.ts';
import type { KeptRecording, WholeCallRecording } from '../flow/whole-call-recording.ts';
import type { Logger } from '../kernel/log.ts';
import type { AnsweredCall, RecordingLayout } from '../telephony/port.ts';

export interface SessionRecordingParts {
  readonly sessionId: string;
  readonly call: Pick<AnsweredCall, 'recordCall' | 'controlRecording'>;
  readonly recordings: Pick<Recordings, 'newPath' | 'save' | 'leave'>;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  readonly log: Logger;
}

/** The recordings of the whole call of a session: one at a time, several in turn, each a file of the account. The end of the call ends the last. */
export class SessionRecording implements WholeCallRecording {
  readonly #parts: SessionRecordingParts;
  readonly #keeping = new Set<Promise<void>>();
  /** The one that goes on. */
  #current: { readonly kept: Promise<KeptRecording>; paused: boolean } | undefined;
  /** Why the last one has ended by itself, to be told to who stops it. */
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: SessionRecordingParts) {
    this.#parts = parts;
  }

  get state(): 'none' | 'on' | 'paused' {
    if (!this.#current) return 'none';
    return this.#current.paused ? 'paused' : 'on';
  }

  start(layout: RecordingLayout): void {
    const { call, note } = this.#parts;
    if (this.#current) {
      if (!this.#current.paused) return;
      this.#current.paused = false;
      call.controlRecording('resume');
      note('The recording of the call goes on');
      return;
    }
    this.#failure = undefined;
    const kept = this.#keep(layout);
    this.#current = { kept, paused: false };
    const done = kept.then(
      () => undefined,
      (error: unknown) => this.#failed(kept, error),
    );
    this.#keeping.add(done);
    void done.then(() => this.#keeping.delete(done));
  }

  pause(): void {
    if (!this.#current || this.#current.paused) return;
    this.#current.paused = true;
    this.#parts.call.controlRecording('pause');
    this.#parts.note('The recording of the call pauses');
  }

  async stop(): Promise<KeptRecording | undefined> {
    const current = this.#current;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
    if (!current) return undefined;
    this.#current = undefined;
    this.#parts.call.controlRecording('stop');
    return current.kept;
  }

  /** Resolves when all is stored, or given up. To be asked once the call is over. Never rejects: a call is worth more than its recording. */
  async settled(): Promise<void> {
    await Promise.all(this.#keeping);
  }

  async #keep(layout: RecordingLayout): Promise<KeptRecording> {
    const { call, recordings, note } = this.#parts;
    const path = recordings.newPath();
    const recorded = await call.recordCall(path, layout).catch((error: unknown) => {
      recordings.leave(path);
      throw error;
    });
    if (recorded.lostMs !== undefined) note(lostAudio(recorded.lostMs));
    return { fileId: await recordings.save(recorded), durationMs: recorded.durationMs };
  }

  /** Another one may begin. */
  #failed(kept: Promise<KeptRecording>, error: unknown): void {
    if (this.#current?.kept === kept) {
      this.#current = undefined;
      this.#failure = { error };
    }
    this.#parts.note(brokenRecording);
    const { log, sessionId } = this.#parts;
    log.error({ err: error, sessionId }, 'A call could not be recorded');
  }
}

/** What the log of a session says of a recording that has ended before it should: see `Recordings.leave`. */
export const brokenRecording = 'The call could not be recorded to its end: what there is of the recording is kept';

/** What the log of a session says of a recording that lacks so much. */
export function lostAudio(lostMs: number): string {
  return `The disk was too slow: ${(lostMs / 1000).toFixed(1)} s of the recording of the call are silence`;
}
