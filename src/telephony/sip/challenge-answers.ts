import type { Random } from '../../kernel/random.ts';
import type { SipCredentials } from './core.ts';
import { answerChallenge, chooseChallenge, parseChallenge } from './digest.ts';
import type { SipResponse } from './message.ts';

interface Accepted {
  readonly challenge: string;
  nonceCount: number;
  readonly wasStale: boolean;
}

/** Most challenges answered for one request, from however many proxies. */
const MAX_CHALLENGES = 4;

/**
 * Answers the Digest challenges of one call (RFC 3261 section 22). Each realm is answered once; again only when it says that the
 * nonce was stale, and that once. A second challenge for any other reason means that the password is wrong.
 */
export class ChallengeAnswers {
  readonly #credentials: SipCredentials;
  readonly #random: Random;
  readonly #accepted = new Map<string, Accepted>();

  constructor(credentials: SipCredentials, random: Random) {
    this.#credentials = credentials;
    this.#random = random;
  }

  /** Takes a 401 or 407. Answers whether the request is worth repeating. */
  accept(response: SipResponse): boolean {
    const proxy = response.status === 407;
    const challenge = chooseChallenge(response.headers.all(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'));
    const parsed = challenge === undefined ? undefined : parseChallenge(challenge);
    if (challenge === undefined || parsed === undefined) return false;
    const key = `${proxy ? 'Proxy-Authorization' : 'Authorization'} ${parsed.realm}`;
    const before = this.#accepted.get(key);
    if (before ? !parsed.stale || before.wasStale : this.#accepted.size >= MAX_CHALLENGES) return false;
    this.#accepted.set(key, { challenge, nonceCount: 0, wasStale: before !== undefined });
    return true;
  }

  /** The Authorization and Proxy-Authorization headers for a request, one for each realm that asked. */
  headersFor(method: string, uri: string): (readonly [name: string, value: string])[] {
    return [...this.#accepted].map(([key, accepted]) => {
      accepted.nonceCount++;
      const { challenge, nonceCount } = accepted;
      const value = answerChallenge({ challenge, method, uri, ...this.#credentials, random: this.#random, nonceCount });
      return [key.slice(0, key.indexOf(' ')), value];
    });
  }
}
