import { randomBytes } from 'node:crypto';
import { NewAccount, NewUser } from '../contracts/accounts.ts';
import type { RequestOf } from '../contracts/dto.ts';
import { BuyPhoneNumber, NewSipTrunk } from '../contracts/endpoints.ts';
import { ApiClient, type ApiLogin } from './api-client.ts';

export interface NewAccountOptions {
  readonly name: string;
  /** Of its manager; an address may exist once in a system. */
  readonly email?: string;
  /** E.164 numbers that the account owns. */
  readonly numbers: readonly string[];
  readonly trunk: Omit<RequestOf<typeof NewSipTrunk>, 'accountId'>;
}

/** An account that can place calls, and its manager. */
export interface ReadyAccount {
  readonly accountId: string;
  readonly login: ApiLogin;
  readonly api: ApiClient;
}

/** Creates an account with a manager, numbers and a trunk, through the public API as `admin`. @throws ApiError */
export async function createAccount(
  admin: ApiLogin,
  { name, email = 'manager@example.com', numbers, trunk }: NewAccountOptions,
): Promise<ReadyAccount> {
  const administrator = new ApiClient(admin);
  const accountId = idOf(await administrator.call(NewAccount, { name }));
  const login: ApiLogin = { url: admin.url, user: email, password: newPassword() };
  await administrator.call(NewUser, { accountId, emailAddress: login.user, password: login.password, roles: ['Manager'] });
  const api = new ApiClient(login);
  for (const number of numbers) await api.call(BuyPhoneNumber, { accountId, number, isVirtualPhoneNumber: true });
  await api.call(NewSipTrunk, { accountId, ...trunk });
  return { accountId, login, api };
}

/** The id of something that was created. @throws Error when the API gave none */
export function idOf({ id }: { readonly id?: string }): string {
  if (id === undefined) throw new Error('The API answered an entity without an id.');
  return id;
}

/** A password that nobody can guess. */
export function newPassword(): string {
  return randomBytes(18).toString('base64url');
}
