import type { HeaderList } from './header-list.ts';

/** A SIP request (RFC 3261 section 7.1). `uri` is the Request-URI as it stands on the wire; `parseUri` reads it. */
export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/** A SIP response (RFC 3261 section 7.2). */
export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

/** The body of a message without one. */
export const emptyBody: Uint8Array = new Uint8Array(0);
