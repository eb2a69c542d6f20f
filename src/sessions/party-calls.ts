import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { PartyOrder } from '../flow/second-party.ts';
import type { AnsweredCall, LegEnd } from '../telephony/port.ts';
import { type CalledParty, findAskedParties, findParties, type PartyDirectory } from './called-parties.ts';
import type { OwnedCalls } from './owned-calls.ts';
import { PartyCall } from './party-call.ts';
import { likeliest } from './party-outcome.ts';
import type { PartyLeg, PlaceParty } from './party-placement.ts';
import { answeredCall, firstTaken, sideOf } from './taken-call.ts';
import type { TalkSide } from './talk.ts';

export interface PartyCallsParts {
  readonly accountId: string;
  /** The number of this side of the call, which parties see unless another is asked for. */
  readonly ownNumber: string;
  /** The number, or the name, of the other side of the call, which phones of users see unless another number is asked for. */
  readonly otherSide: string;
  /** The number that was called, when the call of the session has come in over a trunk. */
  readonly calledNumber?: string;
  readonly directory: PartyDirectory;
  readonly place: PlaceParty;
  /** What another process would need to go on with a call beside that of the session has changed; undefined: it is none of the session any more. */
  readonly onPartyState: (party: PartyCall, state: Readonly<Record<string, unknown>> | undefined) => void;
  /** A call beside that of the session is over. */
  readonly onPartyReport: (report: SessionPartyReport) => void;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
}

type PlacingOrder = Pick<PartyOrder, 'callerId' | 'ringTimeoutMs'>;

/** How a call has ended that could not be placed for want of a phone. */
export const absent: LegEnd = { why: 'no-answer', sip: 480, reason: 'No phone is registered' };
const unavailable: LegEnd = { why: 'failed', sip: 503, reason: 'Service Unavailable' };

/**
 * Finds and calls those who are to be called beside a call. Numbers under the same rules as every call that goes out, that is, over trunks of the
 * account, with a caller ID that it owns, and within the limits of both; users at all phones that they have registered.
 */
export class PartyCalls {
  readonly #near: AnsweredCall;
  readonly #parts: PartyCallsParts;
  /** Those of the session that may be up. */
  readonly #calls = new Set<PartyCall>();

  /** @param near the call beside which they are placed */
  constructor(near: AnsweredCall, parts: PartyCallsParts) {
    this.#near = near;
    this.#parts = parts;
  }

  /**
   * Places a call to each for which there is room; to none when there are only users without a phone.
   * @throws Error why none can be called
   */
  async placeAll(order: PlacingOrder & Pick<PartyOrder, 'parties'>, signal: AbortSignal): Promise<readonly PartyCall[]> {
    const { place, note, otherSide } = this.#parts;
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
      this.watch(call);
      try {
        const from = await this.#shownTo(party, order.callerId, otherSide);
        await place(call, party, this.#legOf(from, order), this.#near);
        calls.push(call);
      } catch (error) {
        this.#calls.delete(call);
        refused = error;
        note(`${name} cannot be called: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (signal.aborted) break;
    }
    if (calls.length === 0 && !isAnyAbsent) throw refused;
    return calls;
  }

  /**
   * Calls whom a side of a talk asks for, in its words, a team at once, to join them with the other side, `near`: phones see that as their caller, and
   * `onRinging` is called when one rings. Answers who takes the call first. Never rejects.
   */
  async callFor(to: string, near: TalkSide, order: PlacingOrder, owned: OwnedCalls, onRinging: () => void): Promise<TalkSide | LegEnd> {
    const { accountId, directory, place, note } = this.#parts;
    const calls: PartyCall[] = [];
    let refused = absent;
    try {
      const parties = await findAskedParties(to, accountId, directory);
      if (parties.length === 0) return { why: 'number-not-found', sip: 404, reason: 'Not Found' };
      for (const party of parties) {
        if (party.kind === 'phones' && party.bindings.length === 0) continue;
        const call = new PartyCall(party, note, onRinging);
        this.watch(call);
        refused = unavailable;
        const from = await this.#shownTo(party, order.callerId, near.address);
        try {
          await place(call, party, this.#legOf(from, order), near.call);
          owned.add(call);
          calls.push(call);
        } catch (error) {
          this.#calls.delete(call);
          note(`${party.name} cannot be called: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    } catch (error) {
      refused = unavailable;
      note(`The call that was asked for cannot be placed: ${error instanceof Error ? error.message : String(error)}`);
    }
    const taken = await firstTaken(calls, answeredCall);
    return taken ? sideOf(taken) : (likeliest(await Promise.all(calls.map(({ over }) => over))) ?? refused);
  }

  /** The call of this SIP Call-ID, if it is one of the session and not over. */
  find(callSid: string): PartyCall | undefined {
    return [...this.#calls].find(({ callId }) => callId === callSid);
  }

  /** The call is one of the session from now on: its state, and what becomes of it, are written down with it. */
  watch(party: PartyCall): void {
    this.#calls.add(party);
    void party.over.then(() => this.#calls.delete(party));
    party.onState = () => this.#parts.onPartyState(party, party.state);
    party.onReport = this.#parts.onPartyReport;
    party.onState();
  }

  /** The call is one of another session from now on. */
  disown(party: PartyCall): void {
    this.#calls.delete(party);
    this.#parts.onPartyState(party, undefined);
  }

  /** Everybody who is to be called, each once. */
  async #parties({ parties }: Pick<PartyOrder, 'parties'>): Promise<readonly CalledParty[]> {
    const { accountId, directory } = this.#parts;
    const found = await Promise.all(parties.map((address) => findParties(address, accountId, directory)));
    return [...new Map(found.flat().map((party) => [party.kind === 'phones' ? party.userId : party.e164, party])).values()];
  }

  #legOf(from: string, { ringTimeoutMs }: PlacingOrder): PartyLeg {
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
}
