import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { AnsweredCall, LegEnd, MediaReport, PlacedCall } from '../telephony/port.ts';
import type { AttemptEvents } from './call-attempts.ts';
import type { CalledParty } from './called-parties.ts';
import { describeEnd } from './outcome.ts';
import { describeParty } from './party-reports.ts';

/** A call to somebody beside the call of a session: what comes of it, as promises. */
export class PartyCall implements AttemptEvents {
  /** The number, or the name of the user. */
  readonly name: string;
  /** The number, or the SIP name of the user. */
  readonly address: string;
  /** The user whose phones are called, if so. */
  readonly userId: string | undefined;
  /** The call that is up; undefined when it ended before. */
  readonly answer: Promise<AnsweredCall | undefined>;
  readonly over: Promise<LegEnd>;
  /** The call once there is something to hear of it before the answer; stays pending when there is nothing. */
  readonly early: Promise<AnsweredCall>;
  #callId: string | undefined;
  /** Called when `state` has changed. */
  onState: (() => void) | undefined;
  /** Called once, with what became of it. */
  onReport: ((report: SessionPartyReport) => void) | undefined;
  /** Whether the log still has to be told how it ends: until it is somebody else who tells it. */
  tellsEnd = true;
  #state: Readonly<Record<string, unknown>> | undefined;
  readonly #note: (message: string) => void;
  readonly #onRinging: () => void;
  #placed: PlacedCall | undefined;
  #resolveAnswer: (call: AnsweredCall | undefined) => void = () => {};
  #resolveEarly: (call: AnsweredCall) => void = () => {};
  #resolveOver: (end: LegEnd) => void = () => {};
  #ringing = false;
  #isAnswered = false;

  constructor(party: CalledParty, note: (message: string) => void, onRinging: () => void = () => {}) {
    this.name = party.name;
    this.address = party.kind === 'phones' ? party.userName : party.e164;
    this.userId = party.kind === 'phones' ? party.userId : undefined;
    this.#onRinging = onRinging;
    this.#note = note;
    this.answer = new Promise((resolve) => {
      this.#resolveAnswer = resolve;
    });
    this.early = new Promise((resolve) => {
      this.#resolveEarly = resolve;
    });
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  /** The SIP Call-ID of the last attempt. */
  get callId(): string | undefined {
    return this.#callId;
  }

  /** What another process would need to go on with the call; undefined: it is not up. */
  get state(): Readonly<Record<string, unknown>> | undefined {
    return this.#state;
  }

  attach(placed: PlacedCall): void {
    this.#placed = placed;
  }

  /** Cancels it, or hangs up. Resolves when the leg is over. Idempotent. */
  async end(why?: 'answered-elsewhere'): Promise<void> {
    await this.#placed?.end(why);
  }

  sent(callId: string): void {
    this.#callId = callId;
    this.#note(`Calling ${this.name}`);
    // By it the leg is found in the log of the carrier.
    this.#note(`${this.name}: Call-ID ${callId}`);
  }

  triesAgain(message: string): void {
    this.#note(`${this.name}: ${message}`);
  }

  ringing(): void {
    if (this.#ringing) return;
    this.#ringing = true;
    this.#note(`${this.name} is ringing`);
    this.#onRinging();
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  earlyMedia(call: AnsweredCall): void {
    this.#resolveEarly(call);
  }

  answered(call: AnsweredCall): void {
    this.#isAnswered = true;
    this.#note(`${this.name} has answered`);
    this.#resolveAnswer(call);
  }

  stateChanged(state: Readonly<Record<string, unknown>>): void {
    this.#state = state;
    this.onState?.();
  }

  ended(end: LegEnd, media: MediaReport): void {
    this.#state = undefined;
    this.onState?.();
    if (this.tellsEnd) this.#note(`${this.name}: ${describeEnd(end)}`);
    this.onReport?.(describeParty(this, end, media));
    this.#resolveAnswer(undefined);
    this.#resolveOver(end);
  }
}
