import { type Clock, sleep } from '../kernel/clock.ts';
import type { AnsweredCall, LegEnd, TellTransfer, TransferAsked, TransferDecision } from '../telephony/port.ts';
import type { HoldableCall, JoinedParty } from './holdable-call.ts';
import { describeEnd } from './outcome.ts';
import type { PartyCall } from './party-call.ts';
import type { Talks } from './talks.ts';

/** Who is joined with the caller. */
export interface TalkSide extends JoinedParty {
  readonly name: string;
  /** The number, or the SIP name of the user, that others see as their caller. */
  readonly address: string;
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
  /** The caller, as another session names it. Its `end` is not for the session to which it belongs. */
  readonly nearSide: TalkSide;
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
  /** Makes the same talk the other way round, which goes on when the caller has left it: the far side is the near one then. */
  readonly turn: (far: TalkSide) => Talk;
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
/** How long we wait with that for who has not yet heard how the transfer came out: the word is sent five times by then. */
const LAST_WORD_MS = 8_000;
const handedOver: LegEnd = { why: 'we-hung-up', reason: 'Handed over' };
const goneNear: LegEnd = { why: 'we-hung-up', reason: 'The other side is gone' };

/**
 * A caller (the near side) and somebody beside it (the far one) who are joined, until one of them is gone. When the flow allows it, the far
 * side may send the caller on (a blind transfer), so may a caller at a phone of a user send the far side on, and whoever is in two such talks may
 * join the other sides of both (an attended one).
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
  /** Tells the far side how the call goes that it has asked for, while that is being placed. */
  #tell: TellTransfer | undefined;
  #isOver = false;
  /** Whether the far side is the near one of another talk. */
  #isLinked = false;
  #isHandedOver = false;

  /** Joins the two. `isNew` is whether they were not joined before. */
  constructor(near: HoldableCall, far: TalkSide, parts: TalkParts, isNew = true) {
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
    this.#listen(near.call, 'near', parts.nearSide.userId);
    if (isNew) parts.note(`Joined with ${far.name}`);
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
    void this.#tell?.(487, 'Request Terminated');
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
    if (replaces === undefined) {
      if (side === 'far') return (tell) => void this.#sendOn(to, tell);
      // Whoever calls from outside has no call to place with us.
      return this.#parts.nearSide.userId === undefined ? undefined : (tell) => void this.#turn().#sendOn(to, tell, true);
    }
    const other = replaces === 'unknown' ? undefined : this.#parts.talks.of(replaces);
    if (!other || other === this || !other.#mayMove || other.#parts.accountId !== this.#parts.accountId) return undefined;
    const there = other.near.call === replaces ? 'near' : 'far';
    return (tell) => this.#merge(side, other, there, tell);
  };

  get #mayMove(): boolean {
    return this.#parts.allowsTransfer && !this.#isOver && !this.#isMoving && !this.#isLinked && this.near.state === undefined;
  }

  /**
   * The far side sends the caller to somebody else: a blind transfer. When that comes to nothing, the two go on as before, the other way round
   * again when `isTurned`.
   */
  async #sendOn(to: string, tell: TellTransfer, isTurned = false): Promise<void> {
    const before = this.#far;
    this.#isMoving = true;
    this.#tell = tell;
    this.#parts.note(`${before.name} transfers the call`);
    this.near.part(before);
    this.near.call.unbridge();
    const waiting = new AbortController();
    this.#parts.entertain(waiting.signal);
    const answer = await this.#parts.callFor(to, () => void tell(180, 'Ringing'));
    waiting.abort();
    this.#isMoving = false;
    this.#tell = undefined;
    if (this.#isOver) return;
    if ('why' in answer) {
      void tell(answer.sip !== undefined && answer.sip >= 300 ? answer.sip : 480, answer.reason ?? 'Temporarily Unavailable');
      this.#parts.note(`The transfer came to nothing: ${describeEnd(answer)}`);
      if (this.#farEnd) this.#finish(this.#farEnd);
      else if (isTurned) this.#turn();
      else this.near.join(before);
      return;
    }
    void this.#replaceFar(answer, tell);
  }

  /** Somebody is in two talks, and leaves both to the others. */
  #merge(here: 'near' | 'far', other: Talk, there: 'near' | 'far', tell: TellTransfer): void {
    const mine = here === 'near' ? this.#far.call : this.near.call;
    const theirs = there === 'near' ? other.#far.call : other.near.call;
    try {
      mine.bridge(theirs);
    } catch (error) {
      this.#parts.note(`The calls cannot be joined: ${error instanceof Error ? error.message : String(error)}`);
      void tell(503, 'Service Unavailable');
      return;
    }
    if (here === 'near' && there === 'near') {
      void this.#turn().#replaceFar(other.#handOver(), tell);
      void other.near.call.hangup();
    } else if (here === 'near') {
      const told = other.#replaceFar(this.#handOver(), tell);
      void this.#farewell({ over: this.#nearGone, end: () => this.near.call.hangup() }, told);
    } else if (there === 'near') {
      void this.#replaceFar(other.#handOver(), tell);
      void other.near.call.hangup();
    } else this.#link(other, tell);
  }

  /** Gives the far side to who asks, and ends the talk; undefined while it is about to change, or belongs to another session. */
  handOver(): TalkSide | undefined {
    return this.#isOver || this.#isMoving || this.#isLinked ? undefined : this.#handOver();
  }

  /** Goes on the other way round. */
  #turn(): Talk {
    this.#isHandedOver = true;
    this.#finish(handedOver);
    return this.#parts.turn(this.#far);
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

  /** Resolves when who has asked for it knows. */
  #replaceFar(far: TalkSide, tell: TellTransfer): Promise<void> {
    const before = this.#far;
    this.#farEnd = undefined;
    this.#parts.owns(far);
    this.#parts.note(`${before.name} has transferred the call`);
    this.#leave(before.call);
    this.#parts.note(`Joined with ${far.name}`);
    this.#join(far);
    const told = tell(200, 'OK');
    void this.#farewell(before, told);
    return told;
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
      const side: TalkSide = { ...partner.#parts.nearSide, over: partner.#nearOver, end };
      talk.#far = side;
      talk.#isLinked = true;
      talk.near.join(side);
      talk.#parts.note(`Joined with ${side.name}`);
      void side.over.then((gone) => talk.#gone(side, gone));
    }
    const told = tell(200, 'OK');
    void this.#farewell(mine, told);
    void this.#farewell(theirs, told);
  }

  /** Lets who has left hang up in peace, and does it otherwise, but not before `told`: the BYE must not overtake the word that it has worked. */
  async #farewell({ over, end }: Pick<TalkSide, 'over' | 'end'>, told: Promise<void>): Promise<void> {
    const patience = new AbortController();
    const pause = (ms: number): Promise<void> => sleep(this.#parts.clock, ms, patience.signal).catch(() => undefined);
    await Promise.race([over, Promise.all([told, pause(FAREWELL_MS)]), pause(LAST_WORD_MS)]);
    patience.abort();
    await end();
  }
}
