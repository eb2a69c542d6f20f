import { type Clock, sleep } from '../kernel/clock.ts';
import type { AnsweredCall, LegEnd, TellTransfer, TransferAsked, TransferDecision } from '../telephony/port.ts';
import type { HoldableCall, JoinedParty } from './holdable-call.ts';
import { describeEnd } from './outcome.ts';
import type { PartyCall } from './party-call.ts';
import type { Talks } from './talks.ts';

/** Who is joined with the caller. */
export interface TalkSide extends JoinedParty {
  readonly name: string;
  /** When it is at the phones of a user. */
  readonly userId?: string;
  /** The call, when it was placed beside another one. */
  readonly party?: PartyCall;
  readonly over: Promise<LegEnd>;
  /** Hangs up. Idempotent. */
  end(): Promise<void>;
}

export interface TalkParts {
  readonly accountId: string;
  /** How the caller is called in the log of another session. */
  readonly nearName: string;
  /** When the caller is at a phone of a user. */
  readonly nearUserId: string | undefined;
  /** Whether transfers that the two sides ask for are done. */
  readonly allowsTransfer: boolean;
  readonly talks: Talks<Talk>;
  /**
   * Calls somebody for whom a side has asked, in its words; `onRinging` is called when it rings. Answers the side that has answered, or why
   * there is none. Never rejects.
   */
  readonly callFor: (to: string, onRinging: () => void) => Promise<TalkSide | LegEnd>;
  /** Lets the caller hear that it rings, until `signal` is aborted. */
  readonly entertain: (signal: AbortSignal) => void;
  /** The session has to end this side when it ends itself, from now on. */
  readonly owns: (side: TalkSide) => void;
  /** Another session has taken this side over. */
  readonly disowns: (side: TalkSide) => void;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  readonly clock: Clock;
}

/** How long who has asked for a transfer may take to hang up, before we do. */
const FAREWELL_MS = 1_000;
const handedOver: LegEnd = { why: 'we-hung-up', reason: 'Handed over' };
const goneNear: LegEnd = { why: 'we-hung-up', reason: 'The other side is gone' };

/**
 * A caller (the near side) and somebody beside it (the far one) who are joined, until one of them is gone. When the flow allows it, the far
 * side may send the caller on (a blind transfer), and whoever is in two such talks may join the other sides of both (an attended one).
 */
export class Talk {
  readonly near: HoldableCall;
  /** Resolves when nobody is left to talk with: how the far side has ended. */
  readonly over: Promise<LegEnd>;
  readonly #parts: TalkParts;
  /** Resolves when the near side talks with nobody any more. */
  readonly #nearOver: Promise<LegEnd>;
  #resolveOver: (end: LegEnd) => void = () => {};
  #resolveNearOver: (end: LegEnd) => void = () => {};
  /** Resolves when the near side has hung up. */
  readonly #nearGone: Promise<LegEnd>;
  #resolveNearGone: (end: LegEnd) => void = () => {};
  #far: TalkSide;
  /** How the far side has ended while the call that it has asked for was being placed. */
  #farEnd: LegEnd | undefined;
  #isMoving = false;
  #isOver = false;
  /** Whether the far side is the near one of another talk. */
  #isLinked = false;
  #isHandedOver = false;

  /** Joins the two. */
  constructor(near: HoldableCall, far: TalkSide, parts: TalkParts) {
    this.near = near;
    this.#far = far;
    this.#parts = parts;
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
    this.#nearOver = new Promise((resolve) => {
      this.#resolveNearOver = resolve;
    });
    this.#nearGone = new Promise((resolve) => {
      this.#resolveNearGone = resolve;
    });
    this.#listen(near.call, 'near', parts.nearUserId);
    this.#join(far);
  }

  /** Whether the far side talks with somebody else now, and the near one is about to be hung up. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  /** The near side is gone, or does something else. */
  close(): void {
    this.#resolveNearGone(goneNear);
    this.#finish(goneNear);
  }

  #join(far: TalkSide): void {
    this.#far = far;
    this.near.join(far);
    this.#parts.note(`Joined with ${far.name}`);
    this.#listen(far.call, 'far', far.userId);
    void far.over.then((end) => this.#gone(far, end));
  }

  #listen(call: AnsweredCall, side: 'near' | 'far', userId: string | undefined): void {
    this.#parts.talks.add(call, this, userId);
    if (this.#parts.allowsTransfer) call.onTransfer((asked) => this.#decide(side, asked));
  }

  #leave(call: AnsweredCall): void {
    this.#parts.talks.remove(call, this);
    if (this.#parts.talks.of(call) === undefined) call.onTransfer(undefined);
  }

  #gone(far: TalkSide, end: LegEnd): void {
    if (this.#far !== far || this.#isOver) return;
    if (this.#isMoving) this.#farEnd = end;
    else this.#finish(end);
  }

  #finish(end: LegEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave(this.near.call);
    this.#leave(this.#far.call);
    this.near.part(this.#far);
    if (!this.#isHandedOver) this.near.call.unbridge();
    if (!this.#isHandedOver) this.#parts.note(`${this.#far.name}: ${describeEnd(end)}`);
    this.#resolveNearOver(goneNear);
    this.#resolveOver(end);
  }

  readonly #decide = (side: 'near' | 'far', { to, replaces }: TransferAsked): ReturnType<TransferDecision> => {
    if (!this.#mayMove) return undefined;
    if (replaces === undefined) return side === 'far' ? (tell) => void this.#sendOn(to, tell) : undefined;
    const other = replaces === 'unknown' ? undefined : this.#parts.talks.of(replaces);
    if (!other || other === this || !other.#mayMove || other.#parts.accountId !== this.#parts.accountId) return undefined;
    const there = other.near.call === replaces ? 'near' : 'far';
    if (side === 'near' && there === 'near') return undefined;
    return (tell) => this.#merge(side, other, there, tell);
  };

  get #mayMove(): boolean {
    return this.#parts.allowsTransfer && !this.#isOver && !this.#isMoving && !this.#isLinked && this.near.state === undefined;
  }

  /** The far side sends the caller to somebody else: a blind transfer. When that comes to nothing, the two go on as before. */
  async #sendOn(to: string, tell: TellTransfer): Promise<void> {
    const before = this.#far;
    this.#isMoving = true;
    this.#parts.note(`${before.name} transfers the call`);
    this.near.part(before);
    this.near.call.unbridge();
    const waiting = new AbortController();
    this.#parts.entertain(waiting.signal);
    const answer = await this.#parts.callFor(to, () => tell(180, 'Ringing'));
    waiting.abort();
    this.#isMoving = false;
    if (this.#isOver) return;
    if ('why' in answer) {
      tell(answer.sip !== undefined && answer.sip >= 300 ? answer.sip : 480, answer.reason ?? 'Temporarily Unavailable');
      this.#parts.note(`The transfer came to nothing: ${describeEnd(answer)}`);
      if (this.#farEnd) this.#finish(this.#farEnd);
      else this.near.join(before);
      return;
    }
    this.#replaceFar(answer, tell);
  }

  /** Somebody is in two talks, and leaves both to the others. */
  #merge(here: 'near' | 'far', other: Talk, there: 'near' | 'far', tell: TellTransfer): void {
    const mine = here === 'near' ? this.#far.call : this.near.call;
    const theirs = there === 'near' ? other.#far.call : other.near.call;
    try {
      mine.bridge(theirs);
    } catch (error) {
      this.#parts.note(`The calls cannot be joined: ${error instanceof Error ? error.message : String(error)}`);
      tell(503, 'Service Unavailable');
      return;
    }
    if (here === 'near') {
      other.#replaceFar(this.#handOver(), tell);
      void this.#farewell({ over: this.#nearGone, end: () => this.near.call.hangup() });
    } else if (there === 'near') {
      this.#replaceFar(other.#handOver(), tell);
      void other.near.call.hangup();
    } else this.#link(other, tell);
  }

  /** Gives the far side to who asks, and ends the talk; undefined while it is about to change, or belongs to another session. */
  handOver(): TalkSide | undefined {
    return this.#isOver || this.#isMoving || this.#isLinked ? undefined : this.#handOver();
  }

  /** Gives the far side to another talk. The near one is to be hung up. */
  #handOver(): TalkSide {
    const far = this.#far;
    const { note, disowns } = this.#parts;
    note(`${far.name} is handed over to another call`);
    disowns(far);
    this.#isHandedOver = true;
    this.#finish(handedOver);
    return far;
  }

  #replaceFar(far: TalkSide, tell: TellTransfer): void {
    const before = this.#far;
    this.#farEnd = undefined;
    this.#parts.owns(far);
    this.#parts.note(`${before.name} has transferred the call`);
    this.#leave(before.call);
    this.#join(far);
    tell(200, 'OK');
    void this.#farewell(before);
  }

  /** Two callers are left: each is the far side of the other. */
  #link(other: Talk, tell: TellTransfer): void {
    const [mine, theirs] = [this.#far, other.#far];
    const end = async (): Promise<void> => {};
    for (const [talk, before, partner] of [
      [this, mine, other],
      [other, theirs, this],
    ] as const) {
      talk.#parts.note(`${before.name} has transferred the call`);
      talk.#leave(before.call);
      const side: TalkSide = { name: partner.#parts.nearName, call: partner.near.call, callId: undefined, over: partner.#nearOver, end };
      talk.#far = side;
      talk.#isLinked = true;
      talk.near.join(side);
      talk.#parts.note(`Joined with ${side.name}`);
      void side.over.then((gone) => talk.#gone(side, gone));
    }
    tell(200, 'OK');
    void this.#farewell(mine);
    void this.#farewell(theirs);
  }

  /** Lets who has left hang up in peace, and does it otherwise. */
  async #farewell({ over, end }: Pick<TalkSide, 'over' | 'end'>): Promise<void> {
    const patience = new AbortController();
    await Promise.race([over, sleep(this.#parts.clock, FAREWELL_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    await end();
  }
}
