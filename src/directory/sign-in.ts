import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { StoredUser, UserRepository } from '../store/user-repository.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { Principal } from './principal.ts';
import { Remembered } from './remembered.ts';
import { SignInThrottle } from './sign-in-throttle.ts';

export interface SignInOptions {
  readonly users: UserRepository;
  readonly changes: Changes;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly random: Random;
}

interface Verified {
  readonly principal: Principal;
  readonly untilMs: number;
}

const DAY_MS = 86_400_000;
const TEMPORARY_MS = DAY_MS;
const PERMANENT_MS = 28 * DAY_MS;
const REMEMBERED_MS = 300_000;
const MOST_REMEMBERED = 10_000;
export const LONGEST_PASSWORD = 200;
const LONGEST_ADDRESS = 254;

/** Finds out who sends a request, by password or by an open login. */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #throttle: SignInThrottle;
  /** Passwords that were right, under a keyed hash, so that Basic on every request costs no argon2. The key never leaves the process. */
  readonly #passwords = new Map<string, Promise<Verified>>();
  readonly #key = randomBytes(32);
  readonly #logins: Remembered<Verified>;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#throttle = new SignInThrottle(options.clock);
    this.#logins = new Remembered((idHash) => this.#loadLogin(idHash), MOST_REMEMBERED);
    options.changes.subscribe((change) => {
      if (change && change.kind !== 'user') return;
      this.#passwords.clear();
      this.#logins.forget();
    });
  }

  /**
   * @param source what failures are counted by, together with the address.
   * @throws AppError WRONG_PASSWORD (also for an address that is not known), TOO_MANY_SIGN_INS
   */
  async byPassword(emailAddress: string, password: string, source: string): Promise<Principal> {
    if (emailAddress.length > LONGEST_ADDRESS || password.length > LONGEST_PASSWORD) throw new AppError('WRONG_PASSWORD', {});
    const address = emailAddress.toLowerCase();
    const hash = createHmac('sha256', this.#key).update(`${address}\0${password}`).digest('base64');
    const known = this.#passwords.get(hash);
    if (known !== undefined) {
      const { principal, untilMs } = await known;
      if (this.#options.clock.now() < untilMs) return principal;
      this.#passwords.delete(hash);
    }
    return (await this.#verifyOnce(hash, address, password, source)).principal;
  }

  /** Opens a login under new ids. Without `permanent` the permanent id opens nothing. */
  async open(
    principal: Principal,
    { permanent }: { readonly permanent: boolean },
  ): Promise<{ readonly temporaryId: string; readonly permanentId: string; readonly expiresAtMs: number }> {
    const { users, clock, random } = this.#options;
    const expiresAtMs = clock.now() + (permanent ? PERMANENT_MS : TEMPORARY_MS);
    const temporaryId = newLoginId(random);
    const permanentId = newLoginId(random);
    const ids = permanent ? [temporaryId, permanentId] : [temporaryId];
    await users.openLogin(newId(clock, random), ids.map(hashOf), principal.userId, expiresAtMs);
    await users.removeExpiredLogins(clock.now());
    return { temporaryId, permanentId, expiresAtMs };
  }

  /** The principal of an open login, by either of its ids. */
  async byCookie(id: string): Promise<Principal | undefined> {
    if (!LOGIN_ID.test(id)) return undefined;
    const hash = hashOf(id);
    const login = await this.#logins.get(hash);
    if (!login) return undefined;
    if (this.#options.clock.now() < login.untilMs) return login.principal;
    this.#logins.forget(hash);
    return (await this.#logins.get(hash))?.principal;
  }

  /** Ends the login of this id, if there is one. */
  async close(id: string): Promise<void> {
    const { users, clock } = this.#options;
    const login = LOGIN_ID.test(id) ? await users.findLogin(hashOf(id), clock.now()) : undefined;
    if (login) await users.closeLogin(login);
  }

  /** Requests that come with the same password at once share one check, which is what a busy client does after a restart. */
  #verifyOnce(hash: string, address: string, password: string, source: string): Promise<Verified> {
    const again = this.#passwords.get(hash);
    if (again !== undefined) return again;
    const verifying = this.#verify(address, password, source);
    this.#passwords.set(hash, verifying);
    verifying.catch(() => this.#passwords.get(hash) === verifying && this.#passwords.delete(hash));
    if (this.#passwords.size > MOST_REMEMBERED) {
      const [oldest] = this.#passwords.keys();
      if (oldest !== undefined) this.#passwords.delete(oldest);
    }
    return verifying;
  }

  async #verify(address: string, password: string, source: string): Promise<Verified> {
    const { clock } = this.#options;
    const key = `${source}\0${address}`;
    this.#throttle.begin(key);
    const user = await this.#find(address, password).catch((error: unknown) => {
      this.#throttle.withdraw(key);
      throw error;
    });
    if (!user) throw new AppError('WRONG_PASSWORD', {});
    this.#throttle.succeed(key);
    return { principal: toPrincipal(user), untilMs: clock.now() + REMEMBERED_MS };
  }

  /** The user, if the password is theirs. */
  async #find(address: string, password: string): Promise<StoredUser | undefined> {
    const { users, hasher } = this.#options;
    const user = await users.findByEmail(address);
    return (await hasher.matches(password, user?.passwordHash)) ? user : undefined;
  }

  async #loadLogin(idHash: string): Promise<Verified | undefined> {
    const { users, clock } = this.#options;
    const login = await users.findLogin(idHash, clock.now());
    if (!login) return undefined;
    return { principal: toPrincipal(login.user), untilMs: Math.min(login.expiresAtMs, clock.now() + REMEMBERED_MS) };
  }
}

/** 20 characters, as the original has (contract servicestack.md 4): 120 random bits. */
const LOGIN_ID = /^[A-Za-z0-9_-]{20}$/;

function newLoginId(random: Random): string {
  return Buffer.from(random.bytes(15)).toString('base64url');
}

/** What is stored of an id. It is long and random, so a plain hash does. */
function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

function toPrincipal(user: StoredUser): Principal {
  return {
    userId: user.id,
    emailAddress: user.emailAddress,
    roles: user.roles,
    accountIds: user.accountIds,
    ...(user.firstName !== null && { firstName: user.firstName }),
    ...(user.lastName !== null && { lastName: user.lastName }),
  };
}
