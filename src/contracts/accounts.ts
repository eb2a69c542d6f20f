import type { Static } from 'typebox';
import { Type } from 'typebox';
import { dto, flag, oneOf, operation, optional, roles, text, texts } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';

const accounts = 'Voice.Api.Accounts';
const authentication = 'Voice.Api.Authentication';

export const AccountInfo = dto(
  { name: 'AccountInfo', namespace: accounts, description: 'A tenant.', base: 'EntityInfo' },
  { ...entityMembers, name: optional(text), parentAccountId: optional(text), ancestorIds: optional(texts) },
);
export type AccountInfo = Static<typeof AccountInfo>;

export const ListAccounts = operation({
  routes: ['GET /accounts'],
  tag: 'Accounts',
  auth: 'login',
  request: dto(
    {
      name: 'ListAccounts',
      namespace: accounts,
      description: 'List the accounts that the login has access to.',
      base: listRequestOf('AccountInfo'),
    },
    { ...listMembers, nameFilter: optional(text) },
  ),
  response: listResponse('AccountInfo', AccountInfo),
});
export const GetAccount = operation({
  routes: ['GET /accounts/{accountId}'],
  tag: 'Accounts',
  auth: 'login',
  request: dto({ name: 'GetAccount', namespace: accounts, description: 'Get an account.' }, { accountId: optional(text) }),
  response: AccountInfo,
});
export const NewAccount = operation({
  routes: ['POST /accounts'],
  tag: 'Accounts',
  auth: ['SystemAdministrator'],
  request: dto(
    { name: 'NewAccount', namespace: accounts, description: 'Create an account.' },
    { name: optional(text), parentAccountId: optional(text) },
  ),
  response: AccountInfo,
});
export const PatchAccount = operation({
  routes: ['PATCH /accounts/{accountId}'],
  tag: 'Accounts',
  auth: ['SystemAdministrator'],
  request: dto(
    { name: 'PatchAccount', namespace: accounts, description: 'Change an account.' },
    { accountId: optional(text), name: optional(text) },
  ),
  response: AccountInfo,
});
export const DeleteAccount = operation({
  routes: ['DELETE /accounts/{accountId}'],
  tag: 'Accounts',
  auth: ['SystemAdministrator'],
  request: dto(
    { name: 'DeleteAccount', namespace: accounts, description: 'Delete an account that has nothing left in it.' },
    { accountId: optional(text) },
  ),
});

const role = oneOf('Roles', roles);

export const UserInfo = dto(
  { name: 'UserInfo', namespace: authentication, description: 'A login.' },
  {
    id: optional(text),
    isAuthenticated: optional(flag),
    firstName: optional(text),
    lastName: optional(text),
    name: optional(text),
    emailAddress: optional(text),
    roles: optional(texts),
    accountIds: optional(texts),
    accountNames: optional(texts),
  },
);
export type UserInfo = Static<typeof UserInfo>;

export const NewUser = operation({
  routes: ['POST /users'],
  tag: 'Users',
  auth: ['SystemAdministrator', 'Manager'],
  request: dto(
    { name: 'NewUser', namespace: authentication, description: 'Create a login. An e-mail address may exist once in the whole system.' },
    {
      accountId: optional(text),
      emailAddress: optional(text),
      firstName: optional(text),
      lastName: optional(text),
      password: optional(text),
      roles: optional(
        Type.Array(role),
        'The roles of the login. User if absent. Only a SystemAdministrator may give SystemAdministrator or Admin.',
      ),
    },
  ),
  response: UserInfo,
});
