import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { AccountRepository } from '../store/account-repository.ts';
import { isDuplicate } from '../store/store-error.ts';
import type { UserRepository } from '../store/user-repository.ts';
import { authorOf } from './authorship.ts';
import type { PasswordHasher } from './password-hash.ts';
import { checkAdministrator, makePassword } from './users.ts';

export interface FirstStartOptions {
  readonly users: UserRepository;
  readonly accounts: AccountRepository;
  readonly hasher: PasswordHasher;
  readonly clock: Clock;
  readonly random: Random;
  /** RINGFLOW_ADMIN_EMAIL; absent: admin@localhost. */
  readonly emailAddress?: string | undefined;
  /** RINGFLOW_ADMIN_PASSWORD; absent: one is made. */
  readonly password?: string | undefined;
}

/** The first login. */
export interface FirstAdministrator {
  readonly emailAddress: string;
  /** Set when it was made here: it has to be shown now, for it is kept nowhere. */
  readonly madePassword?: string;
}

/**
 * Makes an account "Default" and the first administrator in a system that has no login. Answers undefined when there is one already.
 * @throws AppError BAD_SETTING when the e-mail address or password cannot be used.
 */
export async function firstStart(options: FirstStartOptions): Promise<FirstAdministrator | undefined> {
  const { users, accounts, clock, random } = options;
  if (await users.any()) return undefined;
  const emailAddress = options.emailAddress ?? 'admin@localhost';
  const password = options.password ?? makePassword(random);
  checkAdministrator(emailAddress, password);
  const author = authorOf({ emailAddress }, clock);
  const account = await accounts.create(newId(clock, random), 'Default', undefined, author);
  const user = {
    id: newId(clock, random),
    emailAddress,
    firstName: null,
    lastName: null,
    passwordHash: await options.hasher.hash(password),
    roles: ['SystemAdministrator', 'Manager'] as const,
    accountIds: account.id === undefined ? [] : [account.id],
  };
  try {
    await users.create(user, author);
  } catch (error) {
    // Another process that started at the same moment has made it.
    if (isDuplicate(error)) return undefined;
    throw error;
  }
  return { emailAddress, ...(options.password === undefined && { madePassword: password }) };
}
