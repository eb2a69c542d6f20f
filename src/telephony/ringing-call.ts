import type { Clock, Timer } from '../kernel/clock.ts';
import type { InboundLeg } from './inbound-leg.ts';
import type { CallSource, IncomingCall, IncomingSlot, LegEnd } from './port.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import { parseNameAddress } from './sip/parse-address.ts';
import { parseUri } from './sip/uri.ts';

const gaveUp: LegEnd = { why: 'cancelled', sip: 487 };
const tookTooLong: LegEnd = { why: 'no-answer', sip: 480, reason: 'Nobody answered in time' };

/** Longest time that a caller hears ringing. A proxy would give up after three minutes (RFC 3261 section 16.6). */
const RING_TIMEOUT_MS = 60_000;

interface Parts {
  readonly clock: Clock;
  /** Takes a media port. @throws AppError NO_CAPACITY */
  readonly reserve: (call: RingingCall) => Promise<IncomingSlot>;
  /** Called once, when it neither rings nor is going to be answered any more. */
  readonly onClosed: () => void;
}

/** An INVITE that nobody has decided on yet, as the layers above see it. */
export class RingingCall implements IncomingCall {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly dialled: string;
  readonly source: CallSource;
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
    this.to = userIn(invite.to);
    this.dialled = userOf(invite.requestUri);
    this.source = invite.source;
    this.#timeout = parts.clock.after(RING_TIMEOUT_MS, () => this.#refuse(480, tookTooLong));
    invite.onCancelled = () => this.#end(gaveUp);
  }

  ring(): void {
    this.invite.ring();
  }

  reject(status: number, retryAfterSeconds?: number): void {
    this.#refuse(status, { why: 'rejected', sip: status }, retryAfterSeconds);
  }

  reserve(): Promise<IncomingSlot> {
    return this.#parts.reserve(this);
  }

  /** Answers it on this leg. */
  answerOn(leg: InboundLeg): void {
    this.#timeout.cancel();
    this.#leg = leg;
    leg.answer(this.#over);
    if (!this.#over) this.#parts.onClosed();
  }

  #refuse(status: number, end: LegEnd, retryAfterSeconds?: number): void {
    if (this.#over || this.#leg) return;
    this.invite.reject(status, undefined, retryAfterSeconds === undefined ? [] : [['Retry-After', String(retryAfterSeconds)]]);
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
  return userOf(parseNameAddress(nameAddress).uri);
}

function userOf(uri: string): string {
  try {
    return parseUri(uri).user ?? '';
  } catch {
    return '';
  }
}
