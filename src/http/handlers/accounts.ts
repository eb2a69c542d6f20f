import { DeleteAccount, GetAccount, ListAccounts, NewAccount, NewUser, PatchAccount } from '../../contracts/accounts.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';

/** Accounts and users (evo-voice.md 1.3). */
export function accountHandlers({ accounts, users }: Services): readonly BoundOperation[] {
  return [
    signedIn(ListAccounts, (principal, request) => accounts.list(principal, request)),
    signedIn(GetAccount, (principal, request) => accounts.get(principal, request)),
    signedIn(NewAccount, (principal, request) => accounts.create(principal, request)),
    signedIn(PatchAccount, (principal, request) => accounts.patch(principal, request)),
    signedIn(DeleteAccount, (principal, request) => accounts.remove(principal, request)),
    signedIn(NewUser, (principal, request) => users.create(principal, request)),
  ];
}
