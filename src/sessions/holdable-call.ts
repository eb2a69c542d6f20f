import type { StoredHold } from '../store/session-rows.ts';
import type { AnsweredCall, Prompt, TransferOutcome } from '../telephony/port.ts';
import { FlowLeg } from './flow-leg.ts';
import { PhoneHolds, type PhoneHoldsParts } from './phone-holds.ts';
import { RepeatedPrompt } from './repeated-prompt.ts';

export interface HoldOrder extends StoredHold {
  /** Who holds the other: the call of the session, or who was called beside it. */
  readonly holder: 'session' | 'party';
  /** What who is held hears. */
  readonly music: Prompt;
  /** The flow holds its call: it goes on. */
  readonly byFlow?: boolean;
}

/** Who was called beside the call of a session. */
export interface JoinedParty {
  readonly call: AnsweredCall;
  /** The SIP Call-ID. */
  readonly callId: string | undefined;
}

/** What is told of a transfer before it has an outcome: that it is asked for now, and that the other side is willing. */
export interface TransferEvents {
  readonly onAsked: () => void;
  readonly onAccepted: () => void;
}

interface Held {
  readonly call: AnsweredCall;
  state: StoredHold;
  byFlow: boolean;
  readonly music: RepeatedPrompt;
  /** Whether the other side knows of it; undefined: that is not sure. */
  readonly told: Promise<boolean | undefined>;
  readonly telling: AbortController;
}

export interface HoldableCallParts extends PhoneHoldsParts {
  readonly call: AnsweredCall;
  /** `state` has changed. */
  readonly onChanged: () => void;
}

/**
 * The call of a session, which may be joined with a second party, and of which one side may be put on hold (RFC 3264 section 8.4, RFC 5359
 * section 2.3): it is told so with `sendonly` and hears music from us, while the other waits in silence, without being told anything.
 */
export class HoldableCall {
  readonly call: AnsweredCall;
  /** The call as the flow has it. */
  readonly leg: FlowLeg;
  readonly #parts: HoldableCallParts;
  readonly #over = new AbortController();
  readonly #phoneHolds: PhoneHolds;
  #party: JoinedParty | undefined;
  #held: Held | undefined;
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: HoldableCallParts) {
    this.#parts = parts;
    this.call = parts.call;
    this.#phoneHolds = new PhoneHolds(parts);
    this.leg = new FlowLeg(parts.call, () => {
      const music = this.#held?.call === this.call ? this.#held.music : this.#phoneHolds.musicOf(this.call);
      music?.pause();
      return () => music?.goOn();
    });
  }

  get state(): StoredHold | undefined {
    return this.#held?.state;
  }

  /** Another call, to be joined with somebody in the same way. */
  another(call: AnsweredCall): HoldableCall {
    return new HoldableCall({ ...this.#parts, call, onChanged: () => {} });
  }

  /** The SIP Call-ID of who is joined with the call. */
  get partyCallId(): string | undefined {
    return this.#party?.callId;
  }

  /** Whether the call is over. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Asks the other side to call that of `other` in our place, once nobody holds the call. @throws the signal's reason */
  async transferTo(other: AnsweredCall, { onAsked, onAccepted }: TransferEvents, signal: AbortSignal): Promise<TransferOutcome> {
    await this.leg.free(signal);
    onAsked();
    return this.call.transferTo(other, onAccepted, signal);
  }

  /** Puts one side on hold, or gives another reason for the hold that there is. Resolves when the music has begun. */
  hold(order: HoldOrder): Promise<void> {
    return this.#inTurn(async () => this.#hold(order));
  }

  /** Ends the hold, if there is one. @throws Error when the other side does not agree: the hold stays then */
  resume(): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#held;
      if (held && (await needsTelling(held))) await held.call.hold(false, this.#over.signal);
      if (held) this.#end(held);
    });
  }

  /** Puts the call of the session on hold while its flow goes on. Does nothing when it is on hold. */
  holdByFlow(music: Prompt): Promise<void> {
    return this.hold({ holder: 'party', reason: 'None', music, byFlow: true });
  }

  /** Ends a hold of the flow. @throws as `resume` */
  async resumeByFlow(): Promise<void> {
    if (this.#held?.byFlow) await this.resume();
  }

  /** Ends a hold of the flow, whatever the other side says to it. */
  async dropByFlow(): Promise<void> {
    if (this.#held?.byFlow) await this.drop();
  }

  /** Ends the hold, if there is one, whatever the other side says to it. */
  drop(): Promise<void> {
    return this.#inTurn(async () => {
      const held = this.#held;
      if (!held) return;
      held.music.stop();
      if (held.call === this.call && (await needsTelling(held))) {
        await held.call.hold(false, this.#over.signal).catch(() => this.#parts.note('The other side was not told that the hold is over'));
      }
      this.#end(held);
    });
  }

  /** Joins the call with somebody: at once, or when the call is no longer on hold. A hold by the flow ends with it. */
  join(party: JoinedParty): void {
    this.#party = party;
    if (!this.#held) this.#bridge();
    else if (this.#held.byFlow) void this.drop();
  }

  /**
   * Who was joined with the call is gone. That ends a hold: nobody of the two is there to end it, or nobody is held any more. It changes nothing
   * when the call is joined with somebody else by now.
   */
  part(party: JoinedParty): void {
    if (this.#party !== party) return;
    this.#party = undefined;
    this.#phoneHolds.part();
    void this.drop();
  }

  /** The call is over. Idempotent. */
  close(): void {
    this.#over.abort(new DOMException('The call is over', 'AbortError'));
    this.#phoneHolds.part();
    this.#held?.music.stop();
    this.#held = undefined;
    this.leg.go();
  }

  #hold({ holder, music, byFlow = false, ...state }: HoldOrder): void {
    if (this.#over.signal.aborted) return;
    const { note, onChanged } = this.#parts;
    if (!byFlow) this.leg.stop();
    if (this.#held) {
      // What somebody else holds is not for the flow to change.
      if (byFlow) return;
      this.#held.state = state;
      this.#held.byFlow = false;
    } else {
      const call = holder === 'session' && this.#party ? this.#party.call : this.call;
      this.#phoneHolds.part();
      if (this.#party) this.call.unbridge();
      const telling = new AbortController();
      const told = this.#tell(call, AbortSignal.any([telling.signal, this.#over.signal]));
      this.#held = { call, state, byFlow, music: new RepeatedPrompt(call, music), told, telling };
    }
    note(state.reason === 'Transferring' ? 'On hold for a transfer' : 'On hold');
    onChanged();
  }

  async #tell(call: AnsweredCall, signal: AbortSignal): Promise<boolean | undefined> {
    try {
      await call.hold(true, signal);
      return true;
    } catch {
      if (signal.aborted) return undefined;
      this.#parts.note('The other side was not told of the hold: it refused the change');
      return false;
    }
  }

  #end(held: Held): void {
    if (this.#held !== held) return;
    const { note, onChanged } = this.#parts;
    this.#held = undefined;
    held.music.stop();
    this.#bridge();
    this.leg.go();
    note('No longer on hold');
    onChanged();
  }

  #bridge(): void {
    if (!this.#party) return;
    try {
      this.call.bridge(this.#party.call);
      this.#phoneHolds.join(this.call, this.#party.call);
    } catch {
      // One of the two has hung up just now, and whoever waits for that will say so.
    }
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** Whether the end of a hold has to be told. Ends the wait of the other side for its beginning. */
async function needsTelling({ telling, told }: Held): Promise<boolean> {
  telling.abort();
  return (await told) !== false;
}
