import type { LegEnd } from '../telephony/port.ts';

/** A call that somebody has to end. */
export interface OwnedCall {
  readonly over: Promise<LegEnd>;
  /** Hangs up. Idempotent. */
  end(): Promise<void>;
}

/** The calls that end with what has placed them, unless they are handed over before. */
export class OwnedCalls {
  readonly #calls = new Set<OwnedCall>();
  #isClosed = false;

  /** From now on the call ends with the others; at once when these have been ended already. */
  add(call: OwnedCall): void {
    this.#calls.add(call);
    void call.over.then(() => this.#calls.delete(call));
    if (this.#isClosed) void call.end();
  }

  /** Somebody else has the call from now on. */
  handOver({ over }: Pick<OwnedCall, 'over'>): void {
    for (const call of this.#calls) if (call.over === over) this.#calls.delete(call);
  }

  /** Ends all of them, and those that are still to come. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) void call.end();
  }

  /** Resolves when none is left. */
  async settled(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all([...this.#calls].map(({ over }) => over));
  }
}
