/** How far the sequence may jump forward, and how far a packet may come late, before it counts as a restart (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const REMEMBERED = 128;
const NONE = -1;

/** `newest` moved the sequence on; `late` filled a hole; `duplicate` and `stray` packets are to be dropped. */
export type Arrival = 'newest' | 'late' | 'duplicate' | 'stray';

/** Follows the sequence numbers of one source: wrap, loss, order and duplicates (RFC 3550 appendix A.1 and A.3). */
export class ReceivedSequence {
  #base = NONE;
  /** The highest sequence number, counted on beyond 65535. */
  #highest = NONE;
  #received = 0;
  #lostBefore = 0;
  #receivedBefore = 0;
  /** After a jump: the number that shows that the source has begun again. */
  #restartAt = NONE;
  readonly #seen = new Float64Array(REMEMBERED).fill(NONE);

  /** Packets accepted so far. */
  get received(): number {
    return this.#receivedBefore + this.#received;
  }

  /** Packets that were sent, by their numbers, and did not come. */
  get lost(): number {
    return this.#lostBefore + this.#lostNow();
  }

  /** Of the source that speaks now: packets that were sent, by their numbers, and those accepted. */
  get current(): { readonly expected: number; readonly received: number } {
    return { expected: this.#received + this.#lostNow(), received: this.#received };
  }

  /** The highest number of the source that speaks now, with its wraps above the lower 16 bits (RFC 3550 section 6.4.1). */
  get extendedHighest(): number {
    return this.#highest === NONE ? 0 : (this.#highest - 0x1_0000) >>> 0;
  }

  /** A packet with this number has come. */
  accept(sequence: number): Arrival {
    if (this.#highest === NONE) return this.#begin(sequence);
    const ahead = (sequence - this.#highest) & 0xffff;
    if (ahead === 0) return 'duplicate';
    if (ahead < MAX_DROPOUT) return this.#take(this.#highest + ahead, 'newest');
    const behind = 0x1_0000 - ahead;
    if (behind <= MAX_MISORDER) return this.#comeLate(this.#highest - behind);
    if (sequence === this.#restartAt) return this.restart(sequence);
    this.#restartAt = (sequence + 1) & 0xffff;
    return 'stray';
  }

  /** The source has begun anew (another SSRC, or a jump that was confirmed); earlier counts are kept. */
  restart(sequence: number): Arrival {
    this.#lostBefore += this.#lostNow();
    this.#receivedBefore += this.#received;
    return this.#begin(sequence);
  }

  #begin(sequence: number): Arrival {
    this.#seen.fill(NONE);
    this.#received = 0;
    // One turn above zero, so that packets before the first one have a place too.
    this.#base = 0x1_0000 + sequence;
    this.#highest = this.#base;
    return this.#take(this.#base, 'newest');
  }

  #comeLate(number: number): Arrival {
    if (this.#seen[number % REMEMBERED] === number) return 'duplicate';
    if (number < this.#base) this.#base = number;
    return this.#take(number, 'late');
  }

  #take(number: number, arrival: 'newest' | 'late'): Arrival {
    if (number > this.#highest) this.#highest = number;
    this.#seen[number % REMEMBERED] = number;
    this.#restartAt = NONE;
    this.#received++;
    return arrival;
  }

  #lostNow(): number {
    return this.#highest === NONE ? 0 : this.#highest - this.#base + 1 - this.#received;
  }
}
