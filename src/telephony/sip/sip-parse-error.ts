import type { SipRequest } from './message.ts';

/**
 * What a peer sent is not what RFC 3261 allows, or exceeds our limits. `status` is the SIP status that answers a request of
 * this kind (400, 413, 416, 505); a response of this kind is dropped.
 */
export class SipParseError extends Error {
  readonly status: number;
  /** The request as far as it could be read, so that it can be answered. Absent when the headers cannot be trusted. */
  readonly request: SipRequest | undefined;

  constructor(status: number, message: string, request?: SipRequest) {
    super(message);
    this.name = 'SipParseError';
    this.status = status;
    this.request = request;
  }
}
