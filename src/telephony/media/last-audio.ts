import type { RecordedAudio } from './recording-window.ts';

/** A recording that takes what is heard. */
interface Listener {
  heard(audio: RecordedAudio, position: number, arrivalMs: number): void;
}

interface Ending {
  readonly listener: Listener;
  readonly untilMs: number;
  readonly resolve: () => void;
}

/** The longest that audio waits in the jitter buffer. */
const PATIENCE_MS = 240;

/** Recordings that have ended while somebody else goes on listening: what came before their end still waits in the jitter buffer, and is for them. */
export class LastAudio {
  readonly #endings = new Set<Ending>();

  get isAwaited(): boolean {
    return this.#endings.size > 0;
  }

  /** Resolves when what came until `untilMs` has been handed to `listener`. */
  handOver(listener: Listener, untilMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#endings.add({ listener, untilMs, resolve });
    });
  }

  /** The next audio came out of the jitter buffer. */
  taken(audio: RecordedAudio, position: number, arrivalMs: number): void {
    for (const ending of this.#endings) {
      if (arrivalMs >= ending.untilMs) this.#finish(ending);
      else ending.listener.heard(audio, position, arrivalMs);
    }
  }

  /** Time has passed. `waits` is whether anything waits in the jitter buffer. */
  tick(nowMs: number, waits: boolean): void {
    for (const ending of this.#endings) if (!waits || nowMs - ending.untilMs >= PATIENCE_MS) this.#finish(ending);
  }

  /** Nothing more comes. */
  close(): void {
    for (const ending of this.#endings) this.#finish(ending);
  }

  #finish(ending: Ending): void {
    this.#endings.delete(ending);
    ending.resolve();
  }
}
