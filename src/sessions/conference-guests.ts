import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import type { CalledParty } from './called-parties.ts';
import type { ConferenceMember } from './conference-member.ts';
import { describeEnd } from './outcome.ts';
import type { OwnedCall } from './owned-calls.ts';
import { PartyCall } from './party-call.ts';
import type { PlaceParty } from './party-placement.ts';

export interface ConferenceGuestsParts {
  readonly place: PlaceParty;
  /** Lets a call into the conference; undefined when there is no room. */
  readonly enter: (call: AnsweredCall) => ConferenceMember | undefined;
  readonly note: (message: string) => void;
  readonly onChanged: () => void;
  /** Somebody who was called is gone. */
  readonly onReport: (report: SessionPartyReport) => void;
}

/** A call that may be taken into a conference. */
export interface GuestCall extends OwnedCall {
  readonly name: string;
  /** The SIP Call-ID. */
  readonly callId: string | undefined;
}

/** Somebody who was called into a conference. */
export interface Guest {
  readonly party: GuestCall;
  /** Once they are in it. */
  readonly member: ConferenceMember | undefined;
}

const RING_MS = 60_000;

type CalledGuest = { -readonly [Key in keyof Guest]: Guest[Key] };

/** Those whom a session has called into the conference that it is in. They stay as long as the session does. */
export class ConferenceGuests {
  readonly #parts: ConferenceGuestsParts;
  readonly #guests = new Set<CalledGuest>();
  readonly #following = new Set<Promise<void>>();
  #isClosed = false;

  constructor(parts: ConferenceGuestsParts) {
    this.#parts = parts;
  }

  get all(): readonly Guest[] {
    return [...this.#guests];
  }

  /** Calls somebody, who is in the conference as soon as they answer. Resolves when the call is placed. @throws as PlaceParty */
  async invite(party: CalledParty, from: string, near: AnsweredCall): Promise<void> {
    const { place, note, onChanged, onReport } = this.#parts;
    const call = new PartyCall(party, note);
    call.tellsEnd = false;
    call.onReport = onReport;
    const guest: CalledGuest = { party: call, member: undefined };
    this.#guests.add(guest);
    try {
      await place(call, party, { from, ringTimeoutMs: RING_MS }, near);
    } catch (error) {
      this.#guests.delete(guest);
      throw error;
    }
    if (this.#isClosed) void call.end();
    this.#follow(guest, call.answer);
    onChanged();
  }

  /** Takes in somebody who was called before. */
  adopt(party: GuestCall, call: AnsweredCall): void {
    const guest: CalledGuest = { party, member: undefined };
    this.#guests.add(guest);
    this.#follow(guest, Promise.resolve(call));
  }

  /** Hangs up on all. Resolves when they are gone. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { party } of this.#guests) void party.end();
    await Promise.all(this.#following);
  }

  #follow(guest: CalledGuest, answer: Promise<AnsweredCall | undefined>): void {
    const done = this.#through(guest, answer).finally(() => this.#following.delete(done));
    this.#following.add(done);
  }

  /** From the call to its end. Never rejects. */
  async #through(guest: CalledGuest, answer: Promise<AnsweredCall | undefined>): Promise<void> {
    const { enter, note, onChanged } = this.#parts;
    const { party } = guest;
    const call = await answer;
    if (call && !this.#isClosed) {
      guest.member = enter(call);
      note(guest.member ? `${party.name} has joined the conference` : `There is no room in the conference for ${party.name}`);
      onChanged();
    }
    // Without a conference there is nothing to talk with. Who is in it is hung up on by `close` once the call of the session has left it.
    if (call && !guest.member) void party.end();
    const end = await party.over;
    guest.member?.leave();
    this.#guests.delete(guest);
    note(`${party.name}: ${describeEnd(end)}`);
    onChanged();
  }
}
