import type { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { decodeG711, encodeG711, type G711Codec } from '../../src/telephony/audio/g711.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import type { RtpPeer } from './media-rig.ts';

const MINUTE_MS = 60_000;
const SAMPLES_PER_MS = 8;
/** Frames of the same level follow each other after so many: far more than anything may be behind. */
const LEVELS = 32;
/** A codec may change a level by so much of it; the next level is farther away. */
const TOLERANCE = 0.05;
/** Levels below are none of ours. */
const SILENT = 500;
/** What is shorter was made up, or is what is left of a frame. */
const LEAST_SAMPLES = 100;

/** The levels of frames that follow each other: from the loudest on down, and below nought from the softest on. None is taken for silence. */
const levels = new Int16Array(LEVELS);
decodeG711(
  'PCMU',
  Uint8Array.from(levels, (_, place) => (place < LEVELS / 2 ? 0x80 + 4 * place : 4 * (LEVELS - 1 - place))),
  levels,
);
const codes: Readonly<Record<G711Codec, Uint8Array>> = { PCMU: encoded('PCMU'), PCMA: encoded('PCMA') };

function encoded(codec: G711Codec): Uint8Array {
  const bytes = new Uint8Array(LEVELS);
  encodeG711(codec, levels, bytes);
  return bytes;
}

/** Somebody who says frames that tell themselves apart, by a clock of its own. */
export interface DriftingPeer {
  readonly peer: RtpPeer;
  readonly to: Endpoint;
  readonly codec: G711Codec;
  /** How long its 20 ms last by ours. */
  readonly frameMs: number;
}

/** All of them speak for `durationMs`. Calls `every` at the end of each second. */
export async function speakByOwnClocks(
  clock: VirtualClock,
  peers: readonly DriftingPeer[],
  durationMs: number,
  every: () => Promise<void>,
): Promise<void> {
  const startMs = clock.now();
  const talkers = peers.map((one) => ({ ...one, said: 0 }));
  const dueMs = ({ said, frameMs }: { said: number; frameMs: number }): number => startMs + said * frameMs;
  for (let endMs = startMs + 1000; endMs <= startMs + durationMs; endMs += 1000) {
    for (;;) {
      const next = talkers.reduce((best, one) => (dueMs(one) < dueMs(best) ? one : best));
      if (dueMs(next) >= endMs) break;
      await clock.advance(Math.max(0, dueMs(next) - clock.now()));
      next.peer.sendAudio(next.to, codes[next.codec][next.said % LEVELS], next.codec === 'PCMU' ? 0 : 8);
      next.said++;
    }
    await clock.advance(endMs - clock.now());
    await every();
  }
}

/** What became of the frames of such a peer where they were heard. */
export class HeardFrames {
  readonly #startMs: number;
  readonly #frameMs: number;
  readonly #first: { number?: number } = {};
  #last = -1;
  #frames = 0;
  #silentSamples = 0;
  /** Frames that are none of the peer's: made up, or two in one. */
  madeUp = 0;
  /** How long frames were on their way, at least and at most, in each minute; below nought: heard before they were said, by the clock of a recording. */
  readonly delaysMs: [least: number, most: number][] = [];

  /** @param startMs when the peer began */
  constructor(startMs: number, { frameMs }: Pick<DriftingPeer, 'frameMs'>) {
    this.#startMs = startMs;
    this.#frameMs = frameMs;
  }

  /** How many frames of the peer there are, and of those that were made up, beyond what it said from the first to the last; below nought: left out. */
  get added(): number {
    return this.#frames - (this.#last - (this.#first.number ?? 0) + 1);
  }

  /** The number of the last frame of the peer, counted from 0. */
  get last(): number {
    return this.#last;
  }

  get silentMs(): number {
    return this.#silentSamples / SAMPLES_PER_MS;
  }

  /** A payload was heard at `atMs`. */
  hearPayload(codec: G711Codec, payload: Uint8Array, atMs: number): void {
    const samples = new Int16Array(payload.length);
    decodeG711(codec, payload, samples);
    this.#frames++;
    this.#hear(samples, atMs);
  }

  /** A recording that began at `atMs`: each stretch of one level is a frame. */
  hearRecording(channel: Int16Array, atMs: number): void {
    for (let at = 0; at < channel.length; ) {
      let end = at + 1;
      while (end < channel.length && channel[end] === channel[at]) end++;
      if (end - at >= LEAST_SAMPLES) {
        this.#frames++;
        this.#hear(channel.subarray(at, end), atMs + at / SAMPLES_PER_MS);
      }
      at = end;
    }
  }

  #hear(samples: Int16Array, atMs: number): void {
    const ends = [samples[0] ?? 0, samples.at(-1) ?? 0];
    if (ends.every((end) => Math.abs(end) < SILENT)) {
      this.#silentSamples += samples.length;
      this.#frames--;
      return;
    }
    const place = levels.findIndex((level) => ends.every((end) => Math.abs(end - level) < TOLERANCE * Math.abs(level)));
    if (place < 0) {
      this.madeUp++;
      return;
    }
    const sinceMs = atMs - this.#startMs;
    // The nearest of its kind.
    const due = Math.round(sinceMs / this.#frameMs);
    const number = due + ((((place - due) % LEVELS) + 1.5 * LEVELS) % LEVELS) - LEVELS / 2;
    this.#first.number ??= number;
    this.#last = number;
    const delayMs = sinceMs - number * this.#frameMs;
    const minute = Math.floor(sinceMs / MINUTE_MS);
    const [least, most] = this.delaysMs[minute] ?? [delayMs, delayMs];
    this.delaysMs[minute] = [Math.min(least, delayMs), Math.max(most, delayMs)];
  }
}
