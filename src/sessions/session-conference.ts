import type { SessionMemberInfo } from '../contracts/session-members.ts';
import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { ConferenceDoor, ConferenceOrder, ConferenceResult } from '../flow/conference.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ConferenceState } from '../store/session-rows.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import type { CalledParty } from './called-parties.ts';
import { ConferenceGuests, type GuestCall } from './conference-guests.ts';
import type { ConferenceMember } from './conference-member.ts';
import type { Conference, Conferences } from './conferences.ts';
import type { PlaceParty } from './party-placement.ts';
import type { TalkSide } from './talk.ts';

export interface SessionConferenceParts {
  readonly accountId: string;
  /** The number, or the name, of the other side of the call. */
  readonly otherSide: string;
  readonly conferences: Pick<Conferences, 'find' | 'isFull'>;
  readonly place: PlaceParty;
  readonly clock: Clock;
  /** The SIP Call-ID of the call. */
  readonly callSid: () => string | undefined;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  /** What `state` says has changed. */
  readonly onChanged: () => void;
  /** Somebody whom the session has called into a conference is gone. */
  readonly onPartyReport: (report: SessionPartyReport) => void;
}

/** From joining a conference to leaving it. */
interface Stay {
  readonly conference: Conference;
  readonly member: ConferenceMember;
  readonly guests: ConferenceGuests;
}

/** A key is waited for so long at a time. */
const KEY_WAIT_MS = 3_600_000;
const guestRules = {
  muted: false,
  moderator: false,
  waitsForModerator: false,
  endsOnExit: false,
  announcement: undefined,
};

/** What a session does in conferences: one at a time, several in turn. */
export class SessionConference implements ConferenceDoor {
  readonly #call: AnsweredCall;
  readonly #parts: SessionConferenceParts;
  #stay: Stay | undefined;

  constructor(call: AnsweredCall, parts: SessionConferenceParts) {
    this.#call = call;
    this.#parts = parts;
  }

  /** The conference that the call is in: of its members, the call itself and those whom the session has called into it. */
  get state(): ConferenceState | undefined {
    if (!this.#stay) return undefined;
    const { member, guests } = this.#stay;
    const { otherSide, callSid } = this.#parts;
    return {
      sid: member.sid,
      members: [
        { ...shown(member), role: 'Caller', address: otherSide, ...present(callSid()) },
        ...guests.all.map(({ party, member: guest }) => ({
          ...shown(guest),
          role: 'None' as const,
          address: party.name,
          ...present(party.callId),
        })),
      ],
    };
  }

  /** Whether the conference of this name takes no more members; a new one does. */
  isFull(name: string | undefined): boolean {
    const { accountId, conferences } = this.#parts;
    return name !== undefined && conferences.isFull(accountId, name);
  }

  /** Whether somebody may still be called into it, counting those who have not answered yet. */
  get hasRoom(): boolean {
    if (!this.#stay) return true;
    const { conference, guests } = this.#stay;
    return conference.members + guests.all.filter(({ member }) => !member).length < conference.most;
  }

  /** The member of this SIP Call-ID, if it is one that `state` shows. */
  member(callSid: string): ConferenceMember | undefined {
    if (callSid === this.#parts.callSid()) return this.#stay?.member;
    return this.#stay?.guests.all.find(({ party }) => party.callId === callSid)?.member;
  }

  /** The call of this SIP Call-ID, if it is one that the session has called into the conference. */
  guest(callSid: string): GuestCall | undefined {
    return this.#stay?.guests.all.find(({ party }) => party.callId === callSid)?.party;
  }

  /** Calls somebody into the conference that the call is in. @throws as PlaceParty; Error when it is in none */
  async invite(party: CalledParty, from: string): Promise<void> {
    if (!this.#stay) throw new Error('The call is in no conference');
    await this.#stay.guests.invite(party, from, this.#call);
  }

  /** Takes who was joined with the call into the conference that it is in. */
  adopt(party: TalkSide): void {
    if (this.#stay) this.#stay.guests.adopt(party, party.call);
    else void party.end();
  }

  async join(order: ConferenceOrder, signal: AbortSignal): Promise<ConferenceResult> {
    signal.throwIfAborted();
    const { accountId, conferences, clock, note, onChanged } = this.#parts;
    const beganMs = clock.now();
    const called = order.name === undefined ? 'a conference' : `the conference ${order.name}`;
    const conference = conferences.find(accountId, order.name);
    const member = conference.enter(this.#call, order);
    if (!member) {
      note(`There is no room in ${called}: it has ${conference.members} members`);
      return { status: 'Full', stayedMs: 0 };
    }
    const { place, onPartyReport: onReport } = this.#parts;
    const enter = (call: AnsweredCall) => conference.enter(call, { ...guestRules, music: order.music });
    const guests = new ConferenceGuests({ place, enter, note, onChanged, onReport });
    const stay = { conference, member, guests };
    this.#stay = stay;
    note(member.talks ? `Joined ${called}, ${conference.members} members` : `Waits for a moderator of ${called}`);
    onChanged();
    const leaving = new AbortController();
    const onAbort = (): void => member.leave();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      void this.#leaveByKey(order.leaveKeys, member, leaving.signal);
      const status = await member.over;
      return { status, sid: member.sid, stayedMs: clock.now() - beganMs };
    } finally {
      signal.removeEventListener('abort', onAbort);
      leaving.abort();
      await guests.close();
      if (this.#stay === stay) this.#stay = undefined;
      note(`Left ${called}`);
      onChanged();
      signal.throwIfAborted();
    }
  }

  /** Never rejects. */
  async #leaveByKey(keys: string, member: ConferenceMember, signal: AbortSignal): Promise<void> {
    if (keys === '') return;
    const rules = { max: 1, terminators: '', firstMs: KEY_WAIT_MS, betweenMs: KEY_WAIT_MS };
    try {
      for (;;) {
        const { digits } = await this.#call.collect(rules, signal);
        if (digits !== '' && keys.includes(digits)) break;
      }
      member.leave();
    } catch {
      // The call has left the conference, or is over.
    }
  }
}

function shown(member: ConferenceMember | undefined): Pick<SessionMemberInfo, 'callState' | 'muted'> {
  if (!member) return { callState: 'Ringing', muted: false };
  return { callState: member.isHeld ? 'Hold' : 'Connected', muted: member.isMuted };
}

function present(callSid: string | undefined): Pick<SessionMemberInfo, 'callSid'> {
  return callSid === undefined ? {} : { callSid };
}
