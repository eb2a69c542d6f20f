import type { AnsweredCall, LegEnd, PlacedCall } from '../telephony/port.ts';
import type { AttemptEvents } from './call-attempts.ts';

/** A call to somebody beside the call of a session: what comes of it, as promises. */
export class PartyCall implements AttemptEvents {
  readonly number: string;
  /** The call that is up; undefined when it ended before. */
  readonly answer: Promise<AnsweredCall | undefined>;
  readonly over: Promise<LegEnd>;
  readonly #note: (message: string) => void;
  #placed: PlacedCall | undefined;
  #resolveAnswer: (call: AnsweredCall | undefined) => void = () => {};
  #resolveOver: (end: LegEnd) => void = () => {};
  #ringing = false;

  constructor(number: string, note: (message: string) => void) {
    this.number = number;
    this.#note = note;
    this.answer = new Promise((resolve) => {
      this.#resolveAnswer = resolve;
    });
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  attach(placed: PlacedCall): void {
    this.#placed = placed;
  }

  /** Cancels it, or hangs up. Resolves when the leg is over. Idempotent. */
  async end(): Promise<void> {
    await this.#placed?.end();
  }

  sent(): void {
    this.#note(`Calling ${this.number}`);
  }

  triesAgain(message: string): void {
    this.#note(`${this.number}: ${message}`);
  }

  ringing(): void {
    if (this.#ringing) return;
    this.#ringing = true;
    this.#note(`${this.number} is ringing`);
  }

  answered(call: AnsweredCall): void {
    this.#note(`${this.number} has answered`);
    this.#resolveAnswer(call);
  }

  stateChanged(): void {}

  ended(end: LegEnd): void {
    this.#resolveAnswer(undefined);
    this.#resolveOver(end);
  }
}
