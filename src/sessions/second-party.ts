import type { AttendedResult, CallingOrder, PartyOrder, PartyResult, SecondParty } from '../flow/second-party.ts';
import type { Clock } from '../kernel/clock.ts';
import type { LegEnd } from '../telephony/port.ts';
import { attendedTransfer } from './attended-transfer.ts';
import type { GuestCall } from './conference-guests.ts';
import type { HoldableCall } from './holdable-call.ts';
import { OwnedCalls } from './owned-calls.ts';
import { absent, PartyCalls, type PartyCallsParts } from './party-calls.ts';
import { statusOf, unreached } from './party-outcome.ts';
import { firstTaken, sideOf, type TakenCall, takenCall } from './taken-call.ts';
import { Talk, type TalkParts, type TalkSide } from './talk.ts';
import { recordTalk, type TalkRecordingParts } from './talk-recording.ts';
import type { Talks } from './talks.ts';
import { WaitingCaller } from './waiting-caller.ts';

export interface SessionPartyParts extends PartyCallsParts, TalkRecordingParts {
  /** The user whose phone is the other side of the call, if it is one. */
  readonly otherUserId?: string;
  /** All calls of this process that are joined. */
  readonly talks: Talks<Talk>;
  readonly clock: Clock;
}

/** What has come of calling others. */
interface Reached {
  /** The call that was taken, if one was. */
  readonly taken: TakenCall | undefined;
  /** How all of them have ended otherwise. */
  readonly ends: readonly LegEnd[];
  readonly owned: OwnedCalls;
  /** Ends what the caller hears meanwhile. */
  readonly stopWaiting: () => void;
}

/** Calls others beside the call of a session, joins who takes the call with its caller, and keeps them joined as long as there are two. */
export class SessionParty implements SecondParty {
  readonly #call: HoldableCall;
  readonly #parts: SessionPartyParts;
  readonly #parties: PartyCalls;
  /** While somebody is joined with the caller. */
  #talking: Talk | undefined;
  /** Calls that have been left to each other, and go on without the call of the session. */
  readonly #goingOn = new Set<OwnedCalls>();
  readonly #untilNobodyGoesOn = new Set<() => void>();

  constructor(call: HoldableCall, parts: SessionPartyParts) {
    this.#call = call;
    this.#parts = parts;
    this.#parties = new PartyCalls(call.call, parts);
  }

  /** Gives up who is joined with the caller: whoever asks has that call from now on, and has to abort the `call` that has made it. */
  handOver(): TalkSide | undefined {
    return this.#talking?.handOver();
  }

  /** The call of this SIP Call-ID, if it was placed beside that of the session and is not over. */
  find(callSid: string): GuestCall | undefined {
    return this.#parties.find(callSid);
  }

  /** Whether those go on whom the call of the session was joined with, although it has left them. */
  get goesOnAlone(): boolean {
    return this.#goingOn.size > 0;
  }

  /** Resolves when none of them goes on. */
  async aloneOver(): Promise<void> {
    if (this.goesOnAlone) await new Promise<void>((resolve) => this.#untilNobodyGoesOn.add(resolve));
  }

  /** Hangs up on them. */
  endAlone(): void {
    for (const owned of this.#goingOn) owned.close();
  }

  call(order: PartyOrder, signal: AbortSignal): Promise<PartyResult> {
    return this.#reach(order, signal, async ({ taken, ends, owned, stopWaiting }) => {
      if (!taken) return { status: statusOf(ends), talkedMs: 0 };
      stopWaiting();
      const talk = await this.#talk(taken, order, owned, signal);
      await owned.settled();
      return { status: 'Answered', answeredBy: taken.party.name, ...talk };
    });
  }

  transferTo(calling: CallingOrder, signal: AbortSignal): Promise<AttendedResult> {
    const order = { ...calling, hearsEarlyMedia: false, allowTransfer: false, record: false };
    return this.#reach(order, signal, ({ taken, ends, owned, stopWaiting }) => {
      if (!taken) return Promise.resolve(unreached(ends));
      const goOn = (isAllowed: boolean): void => this.#letGoOn(owned, isAllowed);
      const talk = async (): Promise<number> => {
        stopWaiting();
        return (await this.#talk(taken, order, owned, signal)).talkedMs;
      };
      const { clock, note } = this.#parts;
      return attendedTransfer({ line: this.#call, taken, talk, goOn, clock, note }, signal);
    });
  }

  /** Calls them, and does with what comes of it what `use` says; whoever is still there then is hung up. */
  async #reach<Result>(order: PartyOrder, signal: AbortSignal, use: (reached: Reached) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted();
    const calls = await this.#parties.placeAll(order, signal);
    const owned = new OwnedCalls();
    if (calls.length === 0) return use({ taken: undefined, ends: [absent], owned, stopWaiting: () => {} });
    for (const call of calls) owned.add(call);
    const close = (): void => {
      this.#talking?.close();
      if (!this.#goingOn.has(owned)) owned.close();
    };
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    const waiting = new AbortController();
    try {
      const caller = new WaitingCaller(this.#call, order, AbortSignal.any([signal, waiting.signal]));
      caller.play();
      caller.listenTo(calls);
      const taken = await firstTaken(calls, (party) => takenCall(party, order, this.#parts.note, signal));
      if (!taken) waiting.abort();
      const ends = taken ? [] : await Promise.all(calls.map((call) => call.over));
      signal.throwIfAborted();
      return await use({ taken, ends, owned, stopWaiting: () => waiting.abort() });
    } finally {
      waiting.abort();
      signal.removeEventListener('abort', close);
      owned.close();
      await owned.settled();
      this.#letGoOn(owned, false);
    }
  }

  /** Whether these calls go on when that of the session is over. */
  #letGoOn(owned: OwnedCalls, isAllowed: boolean): void {
    if (isAllowed) this.#goingOn.add(owned);
    else this.#goingOn.delete(owned);
    if (this.goesOnAlone) return;
    for (const resolve of this.#untilNobodyGoesOn) resolve();
    this.#untilNobodyGoesOn.clear();
  }

  /** Joins the two, until nobody is left to talk with: when the caller leaves whom it was joined with to somebody else, until those are gone. */
  async #talk(
    taken: TakenCall,
    order: PartyOrder,
    owned: OwnedCalls,
    signal: AbortSignal,
  ): Promise<Pick<PartyResult, 'talkedMs' | 'recordingId'>> {
    const { otherSide, otherUserId, clock } = this.#parts;
    signal.throwIfAborted();
    const beganMs = clock.now();
    const recording = order.record ? recordTalk(taken.call, this.#parts) : undefined;
    const over = goneWith(signal);
    const own = this.#call.call;
    const user = otherUserId === undefined ? {} : { userId: otherUserId };
    const caller: TalkSide = { name: otherSide, address: otherSide, ...user, call: own, callId: undefined, over, end: () => own.hangup() };
    const turn = (near: TalkSide, far: TalkSide): Talk => {
      const isBack = near === caller;
      const line = isBack ? this.#call : this.#call.another(near.call);
      const turned = new Talk(line, far, this.#talkParts(line, near, order, owned, turn), false);
      void near.over.then(() => {
        turned.close();
        if (!isBack) line.close();
      });
      this.#letGoOn(owned, !isBack);
      isAlone = !isBack;
      if (isBack && signal.aborted) owned.close();
      this.#talking = isBack ? turned : undefined;
      current = turned;
      return turned;
    };
    const talk = new Talk(this.#call, sideOf(taken), this.#talkParts(this.#call, caller, order, owned, turn));
    let current = talk;
    let isAlone = false;
    this.#talking = talk;
    for (let last: Talk | undefined; last !== current; await last.over) last = current;
    if (this.#talking === current) this.#talking = undefined;
    const talkedMs = clock.now() - beganMs;
    if (isAlone) {
      // Who has handed the other side over is told so before it is hung up.
      if (!current.isHandedOver) owned.close();
      await owned.settled();
      this.#letGoOn(owned, false);
    } else if (current.isHandedOver) {
      // The flow does not go on with a call that is about to be hung up.
      await aborted(signal);
    }
    const recordingId = await recording;
    return { talkedMs, ...(recordingId !== undefined && { recordingId }) };
  }

  #talkParts(
    line: HoldableCall,
    nearSide: TalkSide,
    order: PartyOrder,
    owned: OwnedCalls,
    turn: (near: TalkSide, far: TalkSide) => Talk,
  ): TalkParts {
    const { accountId, talks, clock, note } = this.#parts;
    return {
      accountId,
      nearSide,
      allowsTransfer: order.allowTransfer,
      talks,
      callFor: (to, onRinging) => this.#parties.callFor(to, nearSide, order, owned, onRinging),
      entertain: (until) => new WaitingCaller(line, order, until).play(),
      turn: (far) => turn(far, nearSide),
      owns: (side) => {
        owned.add(side);
        if (side.party) this.#parties.watch(side.party);
      },
      disowns: (side) => {
        owned.handOver(side);
        if (side.party) this.#parties.disown(side.party);
      },
      note,
      clock,
    };
  }
}

/** How the call of a session ends for who is joined with it. */
function goneWith(signal: AbortSignal): Promise<LegEnd> {
  return aborted(signal).catch(() => ({ why: 'we-hung-up', reason: 'The other side is gone' }));
}

/** Waits for the abort, and rejects with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
