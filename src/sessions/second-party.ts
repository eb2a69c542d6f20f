import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { Recordings } from '../flow/flow-host.ts';
import type { PartyOrder, PartyResult, PartyStatus, SecondParty } from '../flow/second-party.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { AnsweredCall, LegEnd } from '../telephony/port.ts';
import { type CalledParty, findAskedParties, findParties, type PartyDirectory } from './called-parties.ts';
import { HoldableCall } from './holdable-call.ts';
import { OwnedCalls } from './owned-calls.ts';
import { PartyCall } from './party-call.ts';
import type { PartyLeg, PlaceParty } from './party-placement.ts';
import { lostAudio } from './session-recording.ts';
import { Talk, type TalkParts, type TalkSide } from './talk.ts';
import type { Talks } from './talks.ts';
import { WaitingCaller } from './waiting-caller.ts';

export interface SessionPartyParts {
  readonly sessionId: string;
  readonly accountId: string;
  /** The number of this side of the call, which parties see unless another is asked for. */
  readonly ownNumber: string;
  /** The number, or the name, of the other side of the call, which phones of users see unless another number is asked for. */
  readonly otherSide: string;
  /** The user whose phone is the other side of the call, if it is one. */
  readonly otherUserId?: string;
  /** The number that was called, when the call of the session has come in over a trunk. */
  readonly calledNumber?: string;
  readonly directory: PartyDirectory;
  readonly place: PlaceParty;
  /** All calls of this process that are joined. */
  readonly talks: Talks<Talk>;
  readonly recordings: Recordings;
  /** What another process would need to go on with a call beside that of the session has changed; undefined: it is none of the session any more. */
  readonly onPartyState: (party: PartyCall, state: Readonly<Record<string, unknown>> | undefined) => void;
  /** A call beside that of the session is over. */
  readonly onPartyReport: (report: SessionPartyReport) => void;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** From the end of the whisper to the key that takes the call. */
const ACCEPT_MS = 10_000;

/**
 * Calls others beside the call of a session. Numbers under the same rules as every call that goes out, that is, over trunks of the account,
 * with a caller ID that it owns, and within the limits of both; users at all phones that they have registered.
 */
export class SessionParty implements SecondParty {
  readonly #call: HoldableCall;
  readonly #parts: SessionPartyParts;
  /** While somebody is joined with the caller. */
  #talking: Talk | undefined;
  /** Calls that have been left to each other, and go on without the call of the session. */
  readonly #goingOn = new Set<OwnedCalls>();

  constructor(call: HoldableCall, parts: SessionPartyParts) {
    this.#call = call;
    this.#parts = parts;
  }

  /** Gives up who is joined with the caller: whoever asks has that call from now on, and has to abort the `call` that has made it. */
  handOver(): TalkSide | undefined {
    return this.#talking?.handOver();
  }

  /** Whether those go on whom the call of the session was joined with, although it has left them. */
  get goesOnAlone(): boolean {
    return this.#goingOn.size > 0;
  }

  /** Hangs up on them. */
  endAlone(): void {
    for (const owned of this.#goingOn) owned.close();
  }

  async call(order: PartyOrder, signal: AbortSignal): Promise<PartyResult> {
    signal.throwIfAborted();
    const calls = await this.#placeAll(order, signal);
    if (calls.length === 0) return { status: 'NoAnswer', talkedMs: 0 };
    const owned = new OwnedCalls();
    for (const call of calls) owned.add(call);
    const close = (): void => {
      this.#talking?.close();
      owned.callOver();
    };
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    const waiting = new AbortController();
    try {
      const caller = new WaitingCaller(this.#call, order, AbortSignal.any([signal, waiting.signal]));
      caller.play();
      caller.listenTo(calls);
      const taken = await firstOf(calls.map((call) => this.#accepted(call, order, signal)));
      waiting.abort();
      if (!taken) {
        const ends = await Promise.all(calls.map((call) => call.over));
        signal.throwIfAborted();
        return { status: statusOf(ends), talkedMs: 0 };
      }
      for (const call of calls) if (call !== taken.party) void call.end('answered-elsewhere');
      const talk = await this.#talk(taken, order, owned, signal);
      await owned.settled();
      return { status: 'Answered', answeredBy: taken.party.name, ...talk };
    } finally {
      waiting.abort();
      signal.removeEventListener('abort', close);
      owned.close();
      await owned.settled();
    }
  }

  /**
   * Places a call to each for which there is room; to none when there are only users without a phone.
   * @throws Error why none can be called
   */
  async #placeAll(order: PartyOrder, signal: AbortSignal): Promise<readonly PartyCall[]> {
    const { place, note } = this.#parts;
    const calls: PartyCall[] = [];
    let isAnyAbsent = false;
    let refused: unknown;
    for (const party of await this.#parties(order)) {
      const { name } = party;
      if (party.kind === 'phones' && party.bindings.length === 0) {
        isAnyAbsent = true;
        note(`${name} has no phone that is registered`);
        continue;
      }
      const call = new PartyCall(party, note);
      this.#watch(call);
      try {
        const from = await this.#shownTo(party, order.callerId, this.#parts.otherSide);
        await place(call, party, this.#legOf(from, order), this.#call.call);
        calls.push(call);
      } catch (error) {
        refused = error;
        note(`${name} cannot be called: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (signal.aborted) break;
    }
    if (calls.length === 0 && !isAnyAbsent) throw refused;
    return calls;
  }

  /** Everybody who is to be called, each once. */
  async #parties({ parties }: PartyOrder): Promise<readonly CalledParty[]> {
    const { accountId, directory } = this.#parts;
    const found = await Promise.all(parties.map((address) => findParties(address, accountId, directory)));
    return [...new Map(found.flat().map((party) => [party.kind === 'phones' ? party.userId : party.e164, party])).values()];
  }

  /** Has the state of a call, and what becomes of it, written down with the session. */
  #watch(party: PartyCall): void {
    party.onState = () => this.#parts.onPartyState(party, party.state);
    party.onReport = this.#parts.onPartyReport;
    party.onState();
  }

  #legOf(from: string, { ringTimeoutMs }: PartyOrder): PartyLeg {
    const { calledNumber } = this.#parts;
    return { from, ringTimeoutMs, ...(calledNumber !== undefined && { divertedFrom: calledNumber }) };
  }

  /** Whom a party sees as the caller. @throws Error when that is to be a number that the account does not own */
  async #shownTo({ kind }: CalledParty, callerId: string | undefined, otherSide: string): Promise<string> {
    const { accountId, ownNumber, directory } = this.#parts;
    if (kind === 'phones' && callerId === undefined) return otherSide;
    const shown = callerId ?? ownNumber;
    const owned = await directory.phoneNumbers.ownedVoiceNumbers(accountId);
    if (!owned.some(({ e164 }) => e164 === shown)) throw new Error('CallerId is not a phone number that the account owns.');
    return shown;
  }

  /** The call once who answered it has taken it; undefined when it came to nothing. Never rejects. */
  async #accepted(party: PartyCall, { whisper, acceptKeys }: PartyOrder, signal: AbortSignal): Promise<Taken | undefined> {
    const call = await party.answer;
    if (!call) return undefined;
    try {
      if (whisper) await call.play(whisper, { interruptible: acceptKeys !== '' }, signal);
      if (acceptKeys === '' || (await this.#pressed(call, acceptKeys, signal))) return { party, call };
      this.#parts.note(`${party.name} has not taken the call`);
    } catch {
      // It was hung up meanwhile.
    }
    await party.end();
    return undefined;
  }

  async #pressed(call: AnsweredCall, keys: string, signal: AbortSignal): Promise<boolean> {
    const rules = { max: 1, terminators: '', firstMs: ACCEPT_MS, betweenMs: ACCEPT_MS };
    const { digits } = await call.collect(rules, signal);
    return digits !== '' && keys.includes(digits);
  }

  /** Joins the two, until nobody is left to talk with: when the caller leaves whom it was joined with to somebody else, until those are gone. */
  async #talk(
    { party, call }: Taken,
    order: PartyOrder,
    owned: OwnedCalls,
    signal: AbortSignal,
  ): Promise<Pick<PartyResult, 'talkedMs' | 'recordingId'>> {
    const { otherSide, otherUserId, clock, note } = this.#parts;
    signal.throwIfAborted();
    const beganMs = clock.now();
    const recording = order.record ? this.#record(call) : undefined;
    const over = goneWith(signal);
    const own = this.#call.call;
    const user = otherUserId === undefined ? {} : { userId: otherUserId };
    const caller: TalkSide = { name: otherSide, address: otherSide, ...user, call: own, callId: undefined, over, end: () => own.hangup() };
    const turn = (near: TalkSide, far: TalkSide): Talk => {
      const isBack = near === caller;
      const line = isBack ? this.#call : new HoldableCall({ call: near.call, note, onChanged: () => {} });
      const turned = new Talk(line, far, this.#talkParts(line, near, order, owned, turn), false);
      void near.over.then(() => {
        turned.close();
        if (!isBack) line.close();
      });
      owned.goOnAlone = !isBack;
      if (isBack) this.#goingOn.delete(owned);
      else this.#goingOn.add(owned);
      if (isBack && signal.aborted) owned.close();
      this.#talking = isBack ? turned : undefined;
      current = turned;
      return turned;
    };
    const talk = new Talk(this.#call, sideOf(party, call), this.#talkParts(this.#call, caller, order, owned, turn));
    let current = talk;
    this.#talking = talk;
    for (let last: Talk | undefined; last !== current; await last.over) last = current;
    if (this.#talking === current) this.#talking = undefined;
    const talkedMs = clock.now() - beganMs;
    if (owned.goOnAlone) {
      // Who has handed the other side over is told so before it is hung up.
      if (!current.isHandedOver) owned.close();
      await owned.settled();
      this.#goingOn.delete(owned);
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
    const { accountId, talks, clock, note, onPartyState } = this.#parts;
    return {
      accountId,
      nearSide,
      allowsTransfer: order.allowTransfer,
      talks,
      callFor: (to, onRinging) => this.#callFor(to, nearSide.address, order, owned, onRinging),
      entertain: (until) => new WaitingCaller(line, order, until).play(),
      turn: (far) => turn(far, nearSide),
      owns: (side) => {
        owned.add(side);
        if (side.party) this.#watch(side.party);
      },
      disowns: (side) => {
        owned.handOver(side);
        if (side.party) onPartyState(side.party, undefined);
      },
      note,
      clock,
    };
  }

  /** Calls whom a side of the talk asks for, a team at once: phones see `seen` as their caller. Answers who takes the call first. Never rejects. */
  async #callFor(to: string, seen: string, order: PartyOrder, owned: OwnedCalls, onRinging: () => void): Promise<TalkSide | LegEnd> {
    const { accountId, directory, place, note } = this.#parts;
    const calls: PartyCall[] = [];
    let refused = absent;
    try {
      const parties = await findAskedParties(to, accountId, directory);
      if (parties.length === 0) return { why: 'number-not-found', sip: 404, reason: 'Not Found' };
      for (const party of parties) {
        if (party.kind === 'phones' && party.bindings.length === 0) continue;
        const call = new PartyCall(party, note, onRinging);
        this.#watch(call);
        refused = unavailable;
        const from = await this.#shownTo(party, order.callerId, seen);
        try {
          await place(call, party, this.#legOf(from, order), this.#call.call);
          owned.add(call);
          calls.push(call);
        } catch (error) {
          note(`${party.name} cannot be called: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    } catch (error) {
      refused = unavailable;
      note(`The call that was asked for cannot be placed: ${error instanceof Error ? error.message : String(error)}`);
    }
    const taken = await firstOf(calls.map(async (party) => takenOf(party, await party.answer)));
    const side = taken && sideOf(taken.party, taken.call);
    for (const call of calls) if (call !== taken?.party) void call.end('answered-elsewhere');
    return side ?? likeliest(await Promise.all(calls.map(({ over }) => over))) ?? refused;
  }

  /** Keeps the sound of both. Never rejects: a call is worth more than its recording. */
  async #record(call: AnsweredCall): Promise<string | undefined> {
    const { sessionId, recordings, note, log } = this.#parts;
    const path = recordings.newPath();
    try {
      const recorded = await call.recordCall(path, 'stereo').catch((error: unknown) => {
        recordings.leave(path);
        throw error;
      });
      if (recorded.lostMs !== undefined) note(lostAudio(recorded.lostMs));
      return await recordings.save(recorded);
    } catch (error) {
      note('The call could not be recorded');
      log.error({ err: error, sessionId }, 'A joined call could not be recorded');
      return undefined;
    }
  }
}

interface Taken {
  readonly party: PartyCall;
  readonly call: AnsweredCall;
}

function sideOf(party: PartyCall, call: AnsweredCall): TalkSide {
  const { userId } = party;
  // The talk tells how it ends.
  party.tellsEnd = false;
  return {
    name: party.name,
    address: party.address,
    ...(userId !== undefined && { userId }),
    party,
    call,
    callId: party.callId,
    over: party.over,
    end: () => party.end(),
  };
}

/** How the call of a session ends for who is joined with it. */
function goneWith(signal: AbortSignal): Promise<LegEnd> {
  return aborted(signal).catch(() => ({ why: 'we-hung-up', reason: 'The other side is gone' }));
}

const absent: LegEnd = { why: 'no-answer', sip: 480, reason: 'No phone is registered' };
const unavailable: LegEnd = { why: 'failed', sip: 503, reason: 'Service Unavailable' };

function takenOf(party: PartyCall, call: AnsweredCall | undefined): Taken | undefined {
  return call && { party, call };
}

/** Of calls that all came to nothing the one that was nearest to an answer. */
function likeliest(ends: readonly LegEnd[]): LegEnd | undefined {
  return ends.find(({ why }) => statuses[why] === statusOf(ends));
}

/** Waits for the abort, and rejects with its reason. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** The first that is something; undefined when none is. */
function firstOf<T>(attempts: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  return new Promise((resolve) => {
    for (const attempt of attempts) void attempt.then((value) => value !== undefined && resolve(value));
    void Promise.all(attempts).then(() => resolve(undefined));
  });
}

/** What to say of calls that all came to nothing: that of the callee who was nearest to answering. */
function statusOf(ends: readonly LegEnd[]): Exclude<PartyStatus, 'Answered'> {
  const all = ends.map(({ why }) => statuses[why]);
  return (['NoAnswer', 'Busy', 'Rejected'] as const).find((status) => all.includes(status)) ?? 'Failed';
}

const statuses: Readonly<Record<LegEnd['why'], Exclude<PartyStatus, 'Answered'>>> = {
  'callee-hung-up': 'NoAnswer',
  'caller-hung-up': 'NoAnswer',
  'we-hung-up': 'NoAnswer',
  'no-answer': 'NoAnswer',
  cancelled: 'NoAnswer',
  busy: 'Busy',
  rejected: 'Rejected',
  unreachable: 'Failed',
  'number-not-found': 'Failed',
  failed: 'Failed',
};
