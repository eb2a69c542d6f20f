import type { Clock } from '../kernel/clock.ts';

/** Tokens that a login had at a moment; it has gained some since. */
interface Bucket {
  tokens: number;
  atMs: number;
}

const SECONDS_SAVED_UP = 2;
/** Of half the logins that are kept, see `#older`. */
const MAX_NEWER = 5000;

/**
 * How many requests a login may send (servicestack.md 10, D14): a bucket of tokens for each, which fills at `perSecond` and holds those
 * of two seconds. It keeps 10,000 logins; one that was not seen among so many others has a full bucket again.
 */
export class RequestRate {
  readonly perSecond: number;
  readonly #most: number;
  readonly #clock: Pick<Clock, 'now'>;
  #newer = new Map<string, Bucket>();
  /** Takes the place of a list of who was seen last: it is dropped when `#newer` is full, which then becomes the older. */
  #older = new Map<string, Bucket>();

  constructor(perSecond: number, clock: Pick<Clock, 'now'>) {
    this.perSecond = perSecond;
    this.#most = perSecond * SECONDS_SAVED_UP;
    this.#clock = clock;
  }

  /** How many logins are kept. */
  get size(): number {
    return this.#newer.size + this.#older.size;
  }

  /**
   * Takes tokens for `count` requests of a login. More than a bucket holds are taken from a full one, as a debt.
   * @returns 0, or when they were not taken: the seconds after which they can be.
   */
  take(login: string, count: number): number {
    const bucket = this.#bucketOf(login);
    const nowMs = this.#clock.now();
    bucket.tokens = Math.min(this.#most, bucket.tokens + ((nowMs - bucket.atMs) * this.perSecond) / 1000);
    bucket.atMs = nowMs;
    const missing = Math.min(count, this.#most) - bucket.tokens;
    if (missing > 0) return missing / this.perSecond;
    bucket.tokens -= count;
    return 0;
  }

  #bucketOf(login: string): Bucket {
    const known = this.#newer.get(login);
    if (known) return known;
    const bucket = this.#older.get(login) ?? { tokens: this.#most, atMs: this.#clock.now() };
    this.#older.delete(login);
    if (this.#newer.size >= MAX_NEWER) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(login, bucket);
    return bucket;
  }
}
