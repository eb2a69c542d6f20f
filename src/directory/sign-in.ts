import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { ApiKeyRepository } from '../store/api-key-repository.ts';
import type { Changes } from '../store/changes.ts';
import type { StoredUser, UserRepository } from '../store/user-repository.ts';
import { type BearerTokens, LONGEST_TOKEN } from './bearer-tokens.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { Principal } from './principal.ts';
import { hashOf, isApiKey, isLoginId, newLoginId } from './secrets.ts';
import { signInSource } from './sign-in-source.ts';
import { SignInThrottle } from './sign-in-throttle.ts';
import { type Verified, VerifiedSecrets } from './verified-secrets.ts';

export interface SignInOptions {
  readonly users: UserRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly tokens: BearerTokens;
  readonly changes: Changes;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly random: Random;
}

const DAY_MS = 86_400_000;
const TEMPORARY_MS = DAY_MS;
const PERMANENT_MS = 28 * DAY_MS;
export const LONGEST_PASSWORD = 200;
const LONGEST_ADDRESS = 254;
/** Passwords of one source that are checked or wait for it: one that sends many must leave room for the others (see PasswordHasher). */
const MOST_OF_SOURCE = 50;

/**
 * Finds out who sends a request: by password, open login, token or API key. Guessing of passwords is slowed down; the others are too
 * random to be guessed. Each kind has a memory of its own, so that a flood of one does not push out the others.
 */
export class SignIn {
  readonly #options: SignInOptions;
  readonly #throttle: SignInThrottle;
  readonly #passwords: VerifiedSecrets;
  readonly #logins: VerifiedSecrets;
  readonly #tokens: VerifiedSecrets;
  readonly #apiKeys: VerifiedSecrets;
  readonly #underWay = new Map<string, number>();

  constructor(options: SignInOptions) {
    const { clock, changes } = options;
    this.#options = options;
    this.#throttle = new SignInThrottle(clock);
    this.#passwords = new VerifiedSecrets(clock, changes);
    this.#logins = new VerifiedSecrets(clock, changes);
    this.#tokens = new VerifiedSecrets(clock, changes);
    this.#apiKeys = new VerifiedSecrets(clock, changes);
  }

  /**
   * @param source the IP address of the client: what failures are counted by, together with the e-mail address (see signInSource).
   * @throws AppError WRONG_PASSWORD (also for an address that is not known), TOO_MANY_SIGN_INS
   */
  async byPassword(emailAddress: string, password: string, source: string): Promise<Principal> {
    if (emailAddress.length > LONGEST_ADDRESS || password.length > LONGEST_PASSWORD) throw new AppError('WRONG_PASSWORD', {});
    const address = emailAddress.toLowerCase();
    const from = signInSource(source);
    this.#throttle.check(keyOf(from, address));
    const principal = await this.#passwords.principalOf(`${address}\0${password}`, () => this.#verifyPassword(address, password, from));
    if (!principal) throw new AppError('WRONG_PASSWORD', {});
    return principal;
  }

  /** The principal of a token (see BearerTokens) or of an API key. */
  async byBearer(text: string): Promise<Principal | undefined> {
    if (isApiKey(text)) return this.byApiKey(text);
    return text.length > LONGEST_TOKEN ? undefined : this.#tokens.principalOf(text, () => this.#verifyToken(text));
  }

  /** The principal of an API key. */
  async byApiKey(key: string): Promise<Principal | undefined> {
    const { apiKeys, clock } = this.#options;
    return isApiKey(key) ? this.#apiKeys.principalOf(key, () => apiKeys.findUser(hashOf(key), clock.now())) : undefined;
  }

  /** The principal of an open login, by either of its ids. */
  async byCookie(id: string): Promise<Principal | undefined> {
    return isLoginId(id) ? this.#logins.principalOf(id, () => this.#findLogin(id)) : undefined;
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

  /** Ends the login of this id, if there is one. */
  async close(id: string): Promise<void> {
    const { users, clock } = this.#options;
    const login = isLoginId(id) ? await users.findLogin(hashOf(id), clock.now()) : undefined;
    if (login) await users.closeLogin(login);
  }

  async #verifyPassword(address: string, password: string, source: string): Promise<Verified | undefined> {
    const key = keyOf(source, address);
    const others = this.#underWay.get(source) ?? 0;
    if (others >= MOST_OF_SOURCE) throw new AppError('TOO_MANY_SIGN_INS', { seconds: 1 }, { retryAfterSeconds: 1 });
    this.#throttle.begin(key);
    this.#underWay.set(source, others + 1);
    const user = await this.#findByPassword(address, password)
      .catch((error: unknown) => {
        this.#throttle.withdraw(key);
        throw error;
      })
      .finally(() => this.#leave(source));
    if (!user) return undefined;
    this.#throttle.succeed(key);
    return { user };
  }

  #leave(source: string): void {
    const left = (this.#underWay.get(source) ?? 0) - 1;
    if (left > 0) this.#underWay.set(source, left);
    else this.#underWay.delete(source);
  }

  /** The user, if the password is theirs. */
  async #findByPassword(address: string, password: string): Promise<StoredUser | undefined> {
    const { users, hasher } = this.#options;
    const user = await users.findByEmail(address);
    return (await hasher.matches(password, user?.passwordHash)) ? user : undefined;
  }

  async #verifyToken(token: string): Promise<Verified | undefined> {
    const { tokens, users } = this.#options;
    const claims = await tokens.read(token);
    const user = claims && (await users.find(claims.userId));
    return user && { user, endsAtMs: claims.expiresAtMs };
  }

  async #findLogin(id: string): Promise<Verified | undefined> {
    const { users, clock } = this.#options;
    const login = await users.findLogin(hashOf(id), clock.now());
    return login && { user: login.user, endsAtMs: login.expiresAtMs };
  }
}

function keyOf(source: string, address: string): string {
  return `${source}\0${address}`;
}
