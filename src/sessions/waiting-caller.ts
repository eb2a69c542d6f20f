import type { PartyOrder } from '../flow/second-party.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import type { HoldableCall } from './holdable-call.ts';
import type { PartyCall } from './party-call.ts';

/** What a caller hears while others are called for it: what the flow plays, or what one of them sends before it answers (early media). */
export class WaitingCaller {
  readonly #line: HoldableCall;
  readonly #order: Pick<PartyOrder, 'meanwhile' | 'hearsEarlyMedia'>;
  /** Aborted when the wait is over. */
  readonly #signal: AbortSignal;
  #playing: AbortController | undefined;
  #heard: PartyCall | undefined;

  constructor(line: HoldableCall, order: Pick<PartyOrder, 'meanwhile' | 'hearsEarlyMedia'>, signal: AbortSignal) {
    this.#line = line;
    this.#order = order;
    this.#signal = signal;
  }

  /** Plays what there is to hear, again and again, until the wait is over or somebody else is heard. */
  play(): void {
    const { meanwhile } = this.#order;
    if (meanwhile.durationMs <= 0 || this.#signal.aborted) return;
    this.#playing = new AbortController();
    const signal = AbortSignal.any([this.#signal, this.#playing.signal]);
    const again = (): Promise<unknown> => this.#line.leg.play(meanwhile, { interruptible: false }, signal).then(again);
    // It ends with the wait, or with the call.
    again().catch(() => undefined);
  }

  /** Lets the caller hear the early media of the first of these that has any, until that one answers or is gone. */
  listenTo(parties: readonly PartyCall[]): void {
    if (!this.#order.hearsEarlyMedia) return;
    for (const party of parties) {
      void party.early.then((call) => this.#hear(party, call));
      void party.answer.then((call) => call !== undefined && this.#leave(party));
      void party.over.then(() => this.#leave(party));
    }
  }

  #hear(party: PartyCall, call: AnsweredCall): void {
    if (this.#signal.aborted || this.#heard || party.isAnswered || this.#line.state !== undefined) return;
    try {
      this.#line.call.bridge(call);
    } catch {
      // It is over already, and whoever waits for it will say so.
      return;
    }
    this.#heard = party;
    this.#playing?.abort();
  }

  /** Whoever is asked for a key after the answer does not hear the caller yet. */
  #leave(party: PartyCall): void {
    if (this.#heard !== party) return;
    this.#heard = undefined;
    if (this.#signal.aborted) return;
    this.#line.call.unbridge();
    this.play();
  }
}
