/** What no longer passes a line, and from when on. */
export interface Cut {
  /** Absent: SIP, RTP and RTCP. */
  readonly of?: 'sip' | 'media';
  /** What this side sends. Absent: what both do. */
  readonly from?: 'near' | 'far';
  /** From the first SIP message on, of either side, in which this is found; it is the first that does not pass. Absent: at once. */
  readonly since?: RegExp;
}

/** Where a line is dead. */
export class LineCuts {
  readonly #due: Cut[] = [];
  readonly #made: Cut[] = [];
  #stopped = 0;

  /** How much has not passed. */
  get stopped(): number {
    return this.#stopped;
  }

  add(cut: Cut): void {
    (cut.since ? this.#due : this.#made).push(cut);
  }

  /** Whether what `from` sends is stopped. `message` is a SIP message, undefined for RTP and RTCP. */
  stops(from: 'near' | 'far', message: string | undefined): boolean {
    if (message !== undefined) {
      const begun = this.#due.filter(({ since }) => since?.test(message));
      for (const cut of begun) this.#made.push(...this.#due.splice(this.#due.indexOf(cut), 1));
    }
    const of = message === undefined ? 'media' : 'sip';
    const isStopped = this.#made.some((cut) => (cut.of ?? of) === of && (cut.from ?? from) === from);
    if (isStopped) this.#stopped++;
    return isStopped;
  }
}
