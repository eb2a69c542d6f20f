import { type CheckedRequest, DigestGuard, type DigestGuardOptions } from './sip/digest-guard.ts';
import type { HeaderList } from './sip/header-list.ts';
import type { SipUser, SipUsers } from './sip-users.ts';

/** A user who has shown to know the password. */
export interface KnownUser extends SipUser {
  readonly userName: string;
}

/** Why a request is not let in. 'unauthenticated' is no failure: every phone begins so. */
export type DenialReason = 'unauthenticated' | 'wrong-password' | 'guessing';

/** How a request is refused that shows no right credentials. */
export interface Denial {
  readonly denied: DenialReason;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const LONGEST_NAME = 64;
/** No user has a name with such a character, and the database would not take it. */
const UNSTORABLE = /\p{Cc}|\p{Cs}/u;

/** Finds out by digest which user has sent a request (RFC 3261 section 22). The answers do not tell whether a user exists. */
export class UserCheck {
  readonly #guard: DigestGuard;
  readonly #users: SipUsers;

  constructor(users: SipUsers, options: DigestGuardOptions) {
    this.#guard = new DigestGuard(options);
    this.#users = users;
  }

  /** Whether a request has credentials of one of our users, right or wrong. */
  presents(headers: HeaderList): boolean {
    return this.#guard.presents(headers, 'Proxy-Authorization');
  }

  /** @param as 'proxy' asks with 407 (RFC 3261 section 22.3), 'registrar' with 401. @throws SipParseError 400; AppError STORE_UNAVAILABLE */
  async check(request: CheckedRequest, as: 'proxy' | 'registrar'): Promise<KnownUser | Denial> {
    const presented = this.#guard.read(request, as === 'proxy' ? 'Proxy-Authorization' : 'Authorization');
    if (presented === 'none' || presented === 'stale') return this.#challenge(request, as, presented === 'stale');
    const userName = presented.userName.toLowerCase();
    const { address } = request.source;
    if (userName.length > LONGEST_NAME || !this.#users.mayTry(userName, address)) return { denied: 'guessing', status: 403, headers: [] };
    const user = UNSTORABLE.test(userName) ? undefined : await this.#users.find(userName);
    if (!presented.areRight(user?.secrets) || !user) return { denied: 'wrong-password', status: 403, headers: [] };
    this.#users.succeeded(userName, address);
    return { ...user, userName };
  }

  #challenge({ source }: CheckedRequest, as: 'proxy' | 'registrar', stale: boolean): Denial {
    const name = as === 'proxy' ? 'Proxy-Authenticate' : 'WWW-Authenticate';
    const headers = this.#guard.challenges(source.address, stale).map((value) => [name, value] as const);
    return { denied: 'unauthenticated', status: as === 'proxy' ? 407 : 401, headers };
  }
}
