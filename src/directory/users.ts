import type { NewUser, UserInfo } from '../contracts/accounts.ts';
import { roles as everyRole, type RequestOf, type Role } from '../contracts/dto.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId, newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { AccountRepository } from '../store/account-repository.ts';
import { isDuplicate } from '../store/store-error.ts';
import type { UserRepository } from '../store/user-repository.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import type { PasswordHasher } from './password-hash.ts';
import { chosenAccount, type Principal, seesEveryAccount, systemRoles } from './principal.ts';
import { LONGEST_PASSWORD } from './sign-in.ts';

export interface UsersOptions {
  readonly users: UserRepository;
  readonly accounts: AccountRepository;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly random: Random;
}

const NAME_LENGTH = 100;
const EMAIL_LENGTH = 254;
const SHORTEST_PASSWORD = 8;

/** Logins (contract evo-voice.md 1.3). */
export class Users {
  readonly #options: UsersOptions;

  constructor(options: UsersOptions) {
    this.#options = options;
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER, FORBIDDEN_ROLE, FORBIDDEN_ACCOUNT, NOT_FOUND (account), CONFLICT (e-mail address) */
  async create(principal: Principal, request: RequestOf<typeof NewUser>): Promise<UserInfo> {
    const { users, hasher, clock, random } = this.#options;
    const roles = rolesOf(request);
    const { emailAddress, password, firstName, lastName } = checkMembers(request);
    const mayGiveSystemRoles = seesEveryAccount(principal);
    const wantsSystemRole = roles.some((role) => systemRoles.includes(role));
    if (wantsSystemRole && !mayGiveSystemRoles) throw memberError('FORBIDDEN_ROLE', {}, 'Roles');
    const accountIds = wantsSystemRole && !request.accountId ? [] : [chosenAccount(principal, request.accountId)];
    await this.#requireAccounts(accountIds);

    const user = { id: newId(clock, random), emailAddress, firstName, lastName, roles, accountIds };
    const passwordHash = await hasher.hash(password);
    await users.create({ ...user, passwordHash }, authorOf(principal, clock)).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      throw memberError('CONFLICT', { reason: 'There is a login with this e-mail address already. Use another one.' }, 'EmailAddress');
    });
    return this.info({
      userId: user.id,
      emailAddress,
      roles,
      accountIds,
      ...(firstName !== null && { firstName }),
      ...(lastName !== null && { lastName }),
    });
  }

  /** What a login knows of itself. */
  async info(principal: Principal): Promise<UserInfo> {
    const names = await this.#options.accounts.names(principal.accountIds);
    const { userId, emailAddress, firstName, lastName, roles, accountIds } = principal;
    const name = [firstName, lastName].filter((part) => part !== undefined && part !== '').join(' ');
    return {
      id: userId,
      isAuthenticated: true,
      ...(firstName !== undefined && { firstName }),
      ...(lastName !== undefined && { lastName }),
      name: name === '' ? emailAddress : name,
      emailAddress,
      roles: [...roles],
      accountIds: [...accountIds],
      accountNames: accountIds.map((id) => names.get(id) ?? ''),
    };
  }

  async #requireAccounts(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const found = isId(id) ? await this.#options.accounts.find(id) : undefined;
      if (!found) throw memberError('NOT_FOUND', { kind: 'account' }, 'AccountId');
    }
  }
}

function rolesOf(request: RequestOf<typeof NewUser>): Role[] {
  const asked = request.roles?.length ? request.roles : (['User'] as const);
  const unknown = asked.find((role) => !everyRole.includes(role));
  if (unknown !== undefined) throw memberError('INVALID_MEMBER', { member: 'Roles', reason: `Use ${everyRole.join(', ')}.` }, 'Roles');
  return [...new Set(asked)];
}

function checkMembers(request: RequestOf<typeof NewUser>) {
  const checks = new MemberChecks();
  const emailAddress = checks.required(request.emailAddress?.trim(), 'EmailAddress', EMAIL_LENGTH, 'the e-mail address to sign in with.');
  if (emailAddress !== '' && !/^[^\s@]+@[^\s@]+$/.test(emailAddress)) checks.refuse('EmailAddress', 'Write it as name@host.');
  const password = request.password ?? '';
  const length = `Use ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters.`;
  if (password === '') checks.required(undefined, 'Password', LONGEST_PASSWORD, length);
  else if (password.length < SHORTEST_PASSWORD || password.length > LONGEST_PASSWORD) checks.refuse('Password', length);
  const firstName = checks.text(request.firstName?.trim(), 'FirstName', NAME_LENGTH) ?? null;
  const lastName = checks.text(request.lastName?.trim(), 'LastName', NAME_LENGTH) ?? null;
  checks.done();
  return { emailAddress, password, firstName, lastName };
}

/** The first administrator's password, when none is configured: 24 characters that are easy to copy. */
export function makePassword(random: Random): string {
  return Buffer.from(random.bytes(18)).toString('base64url');
}

/** @throws AppError BAD_SETTING for an administrator that could not sign in with what is configured. */
export function checkAdministrator(emailAddress: string, password: string): void {
  try {
    checkMembers({ emailAddress, password });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const name = error.fields[0]?.fieldName === 'Password' ? 'RINGFLOW_ADMIN_PASSWORD' : 'RINGFLOW_ADMIN_EMAIL';
    throw new AppError('BAD_SETTING', { name, reason: `is not usable. ${error.message}` });
  }
}
