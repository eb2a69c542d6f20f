import { type Random, randomHex } from '../../kernel/random.ts';
import type { SipCredentials } from './core.ts';
import type { Dialog } from './dialog.ts';
import type { RedirectPolicy } from './redirection.ts';
import type { Hop } from './transport.ts';

/** What a peer says of an INVITE that was cancelled (RFC 3261 section 21.4.25). */
export const REQUEST_TERMINATED = 487;

export interface OutgoingInviteRequest {
  /** The next hop. */
  readonly to: Hop;
  /** Where the INVITE is sent when that one fails before the callee is alerted, in order (RFC 3263 section 4.3). */
  readonly otherwise?: readonly Hop[];
  readonly requestUri: string;
  /** URIs of From and To. */
  readonly from: string;
  readonly toUri: string;
  /** The SDP offer; or, to ask the callee for its offer, what answers that one: undefined to refuse it, which ends the call. */
  readonly offer: string | ((offer: string) => string | undefined);
  /** The offer to another hop than `to`, whose address may be of another family; absent: the same. */
  readonly offerTo?: (hop: Hop) => string;
  /** For 401 and 407 to the INVITE and the BYE. */
  readonly credentials?: SipCredentials;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** How many systems it may pass; absent: as many as any. */
  readonly maxForwards?: number;
  /** Which redirections are followed; absent: none, and a 3xx ends the call. */
  readonly redirects?: RedirectPolicy;
}

/** How an INVITE failed. `status` is that of the final response, when there was one. */
export interface InviteFailure {
  readonly why: 'response' | 'timeout' | 'transport' | 'cancelled';
  readonly status?: number;
  readonly reason: string;
  /** How long the peer asks not to be called again. */
  readonly retryAfterMs?: number;
}

/** What happens to an INVITE. `answered` or `failed` comes exactly once and last. */
export interface InviteEvents {
  /** The INVITE has left. */
  sent(callId: string): void;
  /** A hop has been handed an INVITE, the first time or again with credentials, and has said nothing to it so far. */
  handedOver?(): void;
  /** A response of whatever kind has come; what it means is told next. */
  heard?(): void;
  /** The hop has failed before anything came of it, and the INVITE goes to the next. */
  triesNext?(): void;
  /**
   * A provisional response. A repeated reliable one is not told. `dialog` is the early dialog that it belongs to, when it made one. `isBeside` is
   * whether the early media of somebody else is heard: what this one describes counts only when it answers.
   */
  provisional(status: number, reason: string, sdp: string | undefined, dialog?: Dialog, isBeside?: boolean): void;
  /**
   * A 2xx came and its ACK has left. `sdp` is the callee's answer, or its offer when the INVITE had none; undefined when provisional responses of
   * this dialog have agreed on the session. When they have not either, there is nothing to talk with: hang up.
   */
  answered(dialog: Dialog, sdp: string | undefined): void;
  failed(failure: InviteFailure): void;
}

/** An INVITE that is on its way. */
export interface OutgoingInvite {
  readonly callId: string;
  /**
   * Gives the call up. CANCEL leaves once the peer has shown itself by a provisional response (RFC 3261 section 9.1); when nothing
   * came so far, `failed` is called at once. A 2xx that crosses the CANCEL is acknowledged and followed by BYE. Idempotent.
   * @param reason the value of the Reason of the CANCEL (RFC 3326)
   */
  cancel(reason?: string): void;
  /**
   * Gives up what nothing has come of, to try somebody else: as `cancel`, but who rings or answers as the CANCEL is on its way is told as
   * before, since whoever has noticed the call must not be called twice. Idempotent; `cancel` may follow.
   */
  withdraw(): void;
}

/** The Reason that keeps a phone from showing a call as missed that somebody else has answered (RFC 3326 section 3.1). */
export const COMPLETED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** What the INVITEs of one call have in common, whichever hop they go to. */
export interface CallIdentity {
  readonly callId: string;
  readonly localTag: string;
}

export function newCallIdentity(random: Random): CallIdentity {
  return { callId: randomHex(random, 16), localTag: randomHex(random, 8) };
}

/** The same request to another hop. */
export function sentTo(request: OutgoingInviteRequest, to: Hop): OutgoingInviteRequest {
  return to === request.to ? request : { ...request, to, offer: request.offerTo?.(to) ?? request.offer };
}
