import type { Clock } from '../kernel/clock.ts';
import { networkOf } from './ip-address.ts';

export interface SourceLimitOptions {
  readonly clock: Clock;
  /** What one address may send per second, and twice as much at once; of IPv6 a network of 64 bits. 0: no limit. */
  readonly perSecond: number;
  /** The same for each address that is known. 0: no limit. */
  readonly knownPerSecond: number;
  /** Whether somebody we deal with has this address. Asked when an address shows up, and again every few seconds. */
  readonly isKnown: (address: string) => boolean;
  /** Called for each thing that is refused. */
  readonly onRefused: (address: string) => void;
}

/** A bucket of tokens: one for each thing that may come. */
interface Bucket {
  readonly known: boolean;
  tokens: number;
  atMs: number;
}

/** How long a bucket takes to be full again, so that a source of which nothing came for so long need not be remembered. */
const BURST_SECONDS = 2;
const GENERATION_MS = BURST_SECONDS * 1000;
/** How long somebody to whom we sent a request counts as known, at least. */
const SPOKEN_MS = 60_000;
/** Of strangers and of those that are known. Those beyond share one bucket. */
const MOST_SOURCES = 8192;

/**
 * Says what is too much from one source, before anything is read of it. Nothing is kept of a source for longer than it takes to forget what it
 * sent, and the table stays small however many addresses a flood claims to come from: those that are known have their own part of it.
 */
export class SourceLimit {
  readonly #options: SourceLimitOptions;
  #sources = new Map<string, Bucket>();
  #sourcesBefore = new Map<string, Bucket>();
  #sourcesSinceMs: number;
  #knownCount = 0;
  readonly #otherStrangers: Bucket;
  readonly #otherKnown: Bucket;
  #spoken = new Set<string>();
  #spokenBefore = new Set<string>();
  #spokenSinceMs: number;

  constructor(options: SourceLimitOptions) {
    this.#options = options;
    const nowMs = options.clock.now();
    this.#sourcesSinceMs = nowMs;
    this.#spokenSinceMs = nowMs;
    this.#otherStrangers = this.#newBucket(false, nowMs);
    this.#otherKnown = this.#newBucket(true, nowMs);
  }

  /** Sources that are remembered. */
  get size(): number {
    return this.#sources.size + this.#sourcesBefore.size;
  }

  /** Whether one more thing from this address is taken. */
  admits(address: string): boolean {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#sourcesSinceMs >= GENERATION_MS) this.#forget(nowMs);
    const bucket = this.#bucketOf(address, nowMs);
    const perSecond = bucket.known ? this.#options.knownPerSecond : this.#options.perSecond;
    if (perSecond === 0) return true;
    const most = perSecond * BURST_SECONDS;
    bucket.tokens = Math.min(most, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1000);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) {
      this.#options.onRefused(address);
      return false;
    }
    bucket.tokens--;
    return true;
  }

  /** Whether somebody we deal with has this address: by the options, or since we sent a request to it. */
  isKnown(address: string): boolean {
    return this.#spoken.has(address) || this.#spokenBefore.has(address) || this.#options.isKnown(address);
  }

  /** We send a request to this address, whose answers are wanted. */
  spokeTo(address: string): void {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#spokenSinceMs >= SPOKEN_MS || this.#spoken.size >= MOST_SOURCES) {
      this.#spokenBefore = this.#spoken;
      this.#spoken = new Set();
      this.#spokenSinceMs = nowMs;
    }
    if (this.#spoken.has(address)) return;
    this.#spoken.add(address);
    // It is looked at anew, since it may have been a stranger.
    if (!this.#spokenBefore.has(address) && this.#sources.get(address)?.known === false) this.#sources.delete(address);
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const own = this.#sources.get(address);
    if (own) return own;
    const known = this.isKnown(address);
    const key = known ? address : networkOf(address);
    const here = this.#sources.get(key);
    if (here) return here;
    const count = known ? this.#knownCount : this.#sources.size - this.#knownCount;
    if (count >= MOST_SOURCES) return known ? this.#otherKnown : this.#otherStrangers;
    const before = this.#sourcesBefore.get(key);
    const bucket = before?.known === known ? before : this.#newBucket(known, nowMs);
    this.#sources.set(key, bucket);
    if (known) this.#knownCount++;
    return bucket;
  }

  #newBucket(known: boolean, atMs: number): Bucket {
    const { perSecond, knownPerSecond } = this.#options;
    return { known, tokens: (known ? knownPerSecond : perSecond) * BURST_SECONDS, atMs };
  }

  /** Who sent nothing for a whole generation has a full bucket again. */
  #forget(nowMs: number): void {
    this.#sourcesBefore = nowMs - this.#sourcesSinceMs < 2 * GENERATION_MS ? this.#sources : new Map();
    this.#sources = new Map();
    this.#knownCount = 0;
    this.#sourcesSinceMs = nowMs;
  }
}
