import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { type Random, randomHex } from '../../kernel/random.ts';
import { type DigestAlgorithm, type DigestSecrets, isRightResponse, makeChallenge, readAuthorization } from './digest.ts';
import type { HeaderList } from './header-list.ts';

export interface DigestGuardOptions {
  readonly realm: string;
  /** What is asked for, the most wanted first (RFC 8760 section 2.4). */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly clock: Clock;
  readonly random: Random;
}

/** A request whose sender is to be found out. */
export interface CheckedRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: HeaderList;
  readonly source: { readonly address: string };
}

/** Credentials for our realm, under a nonce of ours that is not too old. Whether they are right depends on the secret of the user. */
export interface PresentedCredentials {
  readonly userName: string;
  /** Whether they are right for this method. `secrets` of a user that does not exist are undefined: that takes the same time. */
  areRight(secrets: DigestSecrets | undefined): boolean;
}

const NONCE_LIFE_MS = 60_000;
/** Nonces that were used once, of which the count is kept. */
const MOST_NONCES = 20_000;
const NONCE = /^([0-9a-f]{12})([0-9a-f]{16})([0-9a-f]{32})$/;
const NONCE_COUNT = /^[0-9a-f]{8}$/i;

const nobody: DigestSecrets = { MD5: '0'.repeat(32), 'SHA-256': '0'.repeat(64) };

/**
 * Asks for credentials and reads them (RFC 3261 section 22, RFC 7616), always with qop=auth. A nonce tells by itself that it is ours and
 * how old it is, so strangers cost no memory. It lives a minute and is good at one address only, so that nobody can make others look like guessers; each use needs a higher nonce count than the one before, so that nothing
 * that was overheard can be sent again.
 */
export class DigestGuard {
  readonly #options: DigestGuardOptions;
  readonly #key: Uint8Array;
  /** The highest count of each nonce that was used, the latest use last. */
  readonly #counts = new Map<string, number>();
  /** Nonces that are older have been forgotten. */
  #forgottenBeforeMs = 0;

  constructor(options: DigestGuardOptions) {
    this.#options = options;
    this.#key = options.random.bytes(32);
  }

  /** Nonces that are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /**
   * Values of WWW-Authenticate or Proxy-Authenticate, one for each algorithm, for whoever is at `address`. `stale`: the nonce was too old, not the
   * credentials wrong.
   */
  challenges(address: string, stale: boolean): string[] {
    const { realm, algorithms } = this.#options;
    const nonce = this.#newNonce(address);
    return algorithms.map((algorithm) => makeChallenge({ realm, nonce, algorithm, qop: 'auth', stale }));
  }

  /** Whether there are credentials for our realm, right or wrong. */
  presents(headers: HeaderList, header: 'Authorization' | 'Proxy-Authorization'): boolean {
    return headers.all(header).some((line) => {
      try {
        return readAuthorization(line)?.realm === this.#options.realm;
      } catch {
        return false;
      }
    });
  }

  /**
   * The credentials of a request in `Authorization` or `Proxy-Authorization`. 'none' for our realm, or 'stale' when their nonce is too old,
   * not ours, was made for another address, or was used with this count already.
   * @throws SipParseError 400
   */
  read(request: CheckedRequest, header: 'Authorization' | 'Proxy-Authorization'): PresentedCredentials | 'none' | 'stale' {
    for (const line of request.headers.all(header)) {
      const given = readAuthorization(line);
      if (given?.realm !== this.#options.realm) continue;
      const { userName, nonce, algorithm, qop } = given;
      if (algorithm === undefined || !this.#options.algorithms.includes(algorithm)) return 'none';
      if (qop?.name !== 'auth' || !NONCE_COUNT.test(qop.nonceCount) || given.uri !== request.uri) return 'none';
      const count = Number.parseInt(qop.nonceCount, 16);
      const { address } = request.source;
      if (!this.#isFresh(nonce, count, address)) return 'stale';
      return {
        userName,
        areRight: (secrets) => {
          const right = isRightResponse(given, request.method, (secrets ?? nobody)[algorithm]) && secrets !== undefined;
          // Two requests with one count may have been looked at meanwhile: one of them is a copy.
          return right && this.#isFresh(nonce, count, address) && this.#use(nonce, count);
        },
      };
    }
    return 'none';
  }

  #isFresh(nonce: string, count: number, address: string): boolean {
    const [, time = '', salt = '', mark = ''] = NONCE.exec(nonce) ?? [];
    if (mark === '' || !timingSafeEqual(Buffer.from(mark), Buffer.from(this.#mark(time, salt, address)))) return false;
    const madeAtMs = Number.parseInt(time, 16);
    if (this.#options.clock.now() - madeAtMs > NONCE_LIFE_MS || madeAtMs < this.#forgottenBeforeMs) return false;
    return count > (this.#counts.get(nonce) ?? 0);
  }

  #use(nonce: string, count: number): true {
    this.#counts.delete(nonce);
    this.#counts.set(nonce, count);
    const oldestMs = this.#options.clock.now() - NONCE_LIFE_MS;
    for (const known of this.#counts.keys()) {
      const madeAtMs = Number.parseInt(known.slice(0, 12), 16);
      if (this.#counts.size <= MOST_NONCES && madeAtMs >= oldestMs) break;
      this.#counts.delete(known);
      // What is forgotten before its time must not be taken for new.
      if (madeAtMs >= oldestMs) this.#forgottenBeforeMs = Math.max(this.#forgottenBeforeMs, madeAtMs + 1);
    }
    return true;
  }

  #newNonce(address: string): string {
    const time = Math.floor(this.#options.clock.now()).toString(16).padStart(12, '0');
    const salt = randomHex(this.#options.random, 8);
    return time + salt + this.#mark(time, salt, address);
  }

  #mark(time: string, salt: string, address: string): string {
    return createHmac('sha256', this.#key).update(time).update(salt).update(address).digest('hex').slice(0, 32);
  }
}
