import type { Clock, Timer } from '../kernel/clock.ts';
import type { InboundLeg } from './inbound-leg.ts';
import type { AnsweredCall, CallingUser, CallSource, IncomingCall, IncomingSlot, LegEnd } from './port.ts';
import { readAssertedIdentity } from './sip/asserted-identity.ts';
import { readForwarders } from './sip/forwarders.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import { parseNameAddress } from './sip/parse-address.ts';
import { SipParseError } from './sip/sip-parse-error.ts';
import { userOfUri } from './sip/user-of-uri.ts';
import type { Denial } from './user-check.ts';

const gaveUp: LegEnd = { why: 'cancelled', sip: 487 };
const tookTooLong: LegEnd = { why: 'no-answer', sip: 480, reason: 'Nobody answered in time' };

/** Longest time that a caller hears ringing. A proxy would give up after three minutes (RFC 3261 section 16.6). */
const RING_TIMEOUT_MS = 60_000;

interface Parts {
  readonly clock: Clock;
  /** Takes a media port. @throws AppError NO_CAPACITY */
  readonly reserve: (call: RingingCall, near: AnsweredCall | undefined) => Promise<IncomingSlot>;
  readonly hasCredentials: boolean;
  /** Finds out which user calls. @throws AppError STORE_UNAVAILABLE; SipParseError */
  readonly identify: (invite: IncomingInvite) => Promise<CallingUser | Denial>;
  /** Called once, when it neither rings nor is going to be answered any more. */
  readonly onClosed: () => void;
}

/** An INVITE that nobody has decided on yet, as the layers above see it. */
export class RingingCall implements IncomingCall {
  readonly callId: string;
  readonly from: string;
  readonly asserted: readonly string[];
  readonly forwarders: readonly string[];
  readonly to: string;
  readonly dialled: string;
  readonly source: CallSource;
  readonly hasCredentials: boolean;
  readonly invite: IncomingInvite;
  readonly #parts: Parts;
  readonly #timeout: Timer;
  #over: LegEnd | undefined;
  #leg: InboundLeg | undefined;

  constructor(invite: IncomingInvite, parts: Parts) {
    this.invite = invite;
    this.#parts = parts;
    this.callId = invite.callId;
    this.from = userIn(invite.from);
    const { users, isPrivate } = readAssertedIdentity(invite.headers);
    this.asserted = isPrivate ? [] : users;
    this.forwarders = readForwarders(invite.headers);
    this.to = userIn(invite.to);
    this.dialled = userOfUri(invite.requestUri);
    this.source = invite.source;
    this.hasCredentials = parts.hasCredentials;
    this.#timeout = parts.clock.after(RING_TIMEOUT_MS, () => this.#refuse(480, tookTooLong));
    invite.onCancelled = () => this.#end(gaveUp);
  }

  async identify(): Promise<CallingUser | undefined> {
    try {
      const user = await this.#parts.identify(this.invite);
      if (!('denied' in user)) return user;
      this.#refuse(user.status, { why: 'rejected', sip: user.status }, user.headers);
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error;
      this.reject(error.status);
    }
    return undefined;
  }

  ring(): void {
    this.invite.ring();
  }

  reject(status: number, retryAfterSeconds?: number): void {
    const headers = retryAfterSeconds === undefined ? [] : ([['Retry-After', String(retryAfterSeconds)]] as const);
    this.#refuse(status, { why: 'rejected', sip: status }, headers);
  }

  reserve(near?: AnsweredCall): Promise<IncomingSlot> {
    return this.#parts.reserve(this, near);
  }

  /** Answers it on this leg. */
  answerOn(leg: InboundLeg): void {
    this.#timeout.cancel();
    this.#leg = leg;
    leg.answer(this.#over);
    if (!this.#over) this.#parts.onClosed();
  }

  #refuse(status: number, end: LegEnd, headers: Denial['headers'] = []): void {
    if (this.#over || this.#leg) return;
    this.invite.reject(status, undefined, headers);
    this.#end(end);
  }

  #end(end: LegEnd): void {
    if (this.#over) return;
    this.#over = end;
    this.#timeout.cancel();
    if (this.#leg) this.#leg.gone(end);
    else this.#parts.onClosed();
  }
}

/** The user part of a From or To value; '' when it has none. */
function userIn(nameAddress: string): string {
  return userOfUri(parseNameAddress(nameAddress).uri);
}
