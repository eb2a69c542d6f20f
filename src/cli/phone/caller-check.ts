import { type Challenge, makeChallenge, verifyAuthorization } from '../../telephony/sip/digest.ts';
import type { IncomingInvite } from '../../telephony/sip/incoming-invite.ts';

/** Lets only callers in that know a password (RFC 3261 section 22.2). */
export class CallerCheck {
  readonly #credentials: { readonly userName: string; readonly password: string };
  readonly #challenge: Challenge;

  constructor(credentials: { readonly userName: string; readonly password: string }, nonce: string) {
    this.#credentials = credentials;
    this.#challenge = { realm: 'ringflow', nonce, algorithm: 'MD5', qop: 'auth', stale: false };
  }

  /** The challenge to refuse this call with, or undefined when it may come in. */
  challengeFor(invite: IncomingInvite): string | undefined {
    const authorization = invite.headers.first('Authorization');
    if (authorization === undefined) return makeChallenge(this.#challenge);
    const verdict = verifyAuthorization({
      authorization,
      method: 'INVITE',
      uri: invite.requestUri,
      ...this.#credentials,
      challenge: this.#challenge,
    });
    return verdict === 'valid' ? undefined : makeChallenge({ ...this.#challenge, stale: verdict === 'stale' });
  }
}
