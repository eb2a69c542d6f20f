import type { Clock, Timer } from '../../kernel/clock.ts';

/** One frame of audio: 20 ms, 160 samples at 8000 per second. */
export const FRAME_MS = 20;
export const FRAME_SAMPLES = 160;

/**
 * Streams are spread over ticks of this length; all that fall on one tick are served by one timer. Each tick costs the thread about
 * 0.1 ms for waking up, whatever there is to do, so shorter ones buy little for much.
 */
const TICK_MS = 10;
/** A timer may fire this much early, because the system rounds; waiting again would cost more than it is worth. */
const EARLY_MS = 1;
/** Frames sent in a burst after a stall, besides the one that is due; what is missing beyond them is skipped. */
const MAX_CATCH_UP = 2;

/** Something that has a frame to send every 20 ms. */
export interface FrameSource {
  /** It is time for a frame, `lateMs` after it was due. */
  frame(lateMs: number, nowMs: number): void;
  /** So many frames are never sent: the clock was held up for too long. */
  skip(frames: number): void;
}

interface Entry {
  readonly source: FrameSource;
  dueMs: number;
}

/**
 * The 20 ms beat of many streams on one timer, on an absolute schedule: a late frame does not move the next one. The timer is off when
 * there is no stream.
 */
export class FrameClock {
  readonly #clock: Clock;
  readonly #entries: Entry[] = [];
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `source` every 20 ms, first at the last tick within one frame from now: a second packet that comes a little early does not
   * make those after it late.
   */
  add(source: FrameSource): void {
    const dueMs = Math.floor((this.#clock.now() + FRAME_MS) / TICK_MS) * TICK_MS;
    this.#entries.push({ source, dueMs });
    this.#arm(dueMs);
  }

  /** Stops calling `source`. */
  remove(source: FrameSource): void {
    const index = this.#entries.findIndex((entry) => entry.source === source);
    if (index < 0) return;
    const last = this.#entries.pop();
    if (last && index < this.#entries.length) this.#entries[index] = last;
    if (this.#entries.length === 0) this.#disarm();
  }

  #tick(): void {
    this.#disarm();
    let nextMs = Number.POSITIVE_INFINITY;
    // Backwards, because a source may remove itself, and the last entry then takes its place.
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      const entry = this.#entries[index];
      if (!entry) continue;
      const nowMs = this.#clock.now();
      if (entry.dueMs <= nowMs + EARLY_MS) serve(entry, nowMs);
      if (entry.dueMs < nextMs) nextMs = entry.dueMs;
    }
    if (this.#entries.length > 0) this.#arm(nextMs);
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#timerMs) return;
    this.#timer?.cancel();
    this.#timerMs = dueMs;
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => this.#tick());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }
}

function serve(entry: Entry, nowMs: number): void {
  const missed = Math.floor((nowMs - entry.dueMs) / FRAME_MS);
  if (missed > MAX_CATCH_UP) {
    entry.source.skip(missed - MAX_CATCH_UP);
    entry.dueMs += (missed - MAX_CATCH_UP) * FRAME_MS;
  }
  while (entry.dueMs <= nowMs + EARLY_MS) {
    const lateMs = nowMs - entry.dueMs;
    entry.dueMs += FRAME_MS;
    entry.source.frame(lateMs, nowMs);
  }
}
