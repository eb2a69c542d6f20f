import type { RequestAuthToken } from '../contracts/authentication.ts';
import type { RequestOf, ResponseOf } from '../contracts/dto.ts';
import { AppError } from '../kernel/errors.ts';
import { isId } from '../kernel/ids.ts';
import type { StoredUser, UserRepository } from '../store/user-repository.ts';
import type { BearerTokens, IssuedToken } from './bearer-tokens.ts';
import { MemberChecks } from './member-checks.ts';
import { type Principal, seesEveryAccount, systemRoles } from './principal.ts';

export interface AuthTokensOptions {
  readonly users: UserRepository;
  readonly tokens: BearerTokens;
}

/**
 * Who may have a token of whom (evo-voice.md 1.3). None outlives what was signed in with to get it: one token would otherwise be worth
 * any number of further ones, for ever.
 */
export class AuthTokens {
  readonly #options: AuthTokensOptions;

  constructor(options: AuthTokensOptions) {
    this.#options = options;
  }

  /** A token of the login itself. */
  issue(principal: Principal): Promise<IssuedToken> {
    return this.#options.tokens.issue(principal.userId, principal.endsAtMs);
  }

  /**
   * A token of another login. A manager gets those of users whose accounts are all the manager's own too, and never of one that sees
   * every account; who sees every account gets any.
   * @throws AppError REQUIRED; NOT_FOUND, the same for a login that does not exist as for one that is out of reach
   */
  async request(principal: Principal, request: RequestOf<typeof RequestAuthToken>): Promise<ResponseOf<typeof RequestAuthToken>> {
    const { userEmailAddress = '', userId = '' } = request;
    const checks = new MemberChecks();
    if (userId === '')
      checks.required(userEmailAddress, 'UserEmailAddress', Number.POSITIVE_INFINITY, 'the e-mail address of the login, or its UserId.');
    checks.done();
    const user = await this.#find(userEmailAddress, userId);
    if (!user || !mayActAs(principal, user)) throw new AppError('NOT_FOUND', { kind: 'login' });
    return { authToken: (await this.#options.tokens.issue(user.id, principal.endsAtMs)).token };
  }

  /** With both names given they have to name the same login. */
  async #find(emailAddress: string, userId: string): Promise<StoredUser | undefined> {
    const { users } = this.#options;
    const named = emailAddress === '' ? undefined : await users.findByEmail(emailAddress);
    if (userId === '') return named;
    if (!isId(userId) || (emailAddress !== '' && named?.id !== userId.toLowerCase())) return undefined;
    return named ?? users.find(userId);
  }
}

function mayActAs(principal: Principal, user: StoredUser): boolean {
  if (seesEveryAccount(principal)) return true;
  if (user.accountIds.length === 0 || user.roles.some((role) => systemRoles.includes(role))) return false;
  return user.accountIds.every((id) => principal.accountIds.includes(id));
}
