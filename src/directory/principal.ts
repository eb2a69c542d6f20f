import type { Role } from '../contracts/dto.ts';
import { AppError, memberError } from '../kernel/errors.ts';

/** Who sends a request. */
export interface Principal {
  readonly userId: string;
  readonly emailAddress: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly roles: readonly Role[];
  /** Accounts that the login belongs to. */
  readonly accountIds: readonly string[];
  /** When the token, login or key that was signed in with ends. Absent for a password, and for a key without an end. */
  readonly endsAtMs?: number;
}

/** Whether one of `roles` is given. `Admin` satisfies every check; otherwise no role implies another (contract evo-voice.md 8, row 8). */
export function hasAnyRole(principal: Principal, roles: readonly Role[]): boolean {
  return principal.roles.some((role) => role === 'Admin' || roles.includes(role));
}

/** Roles that see every account; only who has one may give one. */
export const systemRoles: readonly Role[] = ['SystemAdministrator', 'Admin'];

/** Whether the login administers the whole system, and so sees every account. */
export function seesEveryAccount(principal: Principal): boolean {
  return hasAnyRole(principal, systemRoles);
}

/** Whether the login may see what belongs to this account. */
export function mayAccess(principal: Principal, accountId: string): boolean {
  return seesEveryAccount(principal) || principal.accountIds.includes(accountId);
}

/** The accounts that a list is about: those asked for, as far as they may be seen. Undefined: every account. */
export function visibleAccounts(principal: Principal, asked: readonly string[] | undefined): readonly string[] | undefined {
  const wanted = asked?.length ? asked : undefined;
  if (seesEveryAccount(principal)) return wanted;
  return (wanted ?? principal.accountIds).filter((id) => principal.accountIds.includes(id));
}

/**
 * The account that something is made in: the one named, else the only one of the login.
 * @throws AppError FORBIDDEN_ACCOUNT, with the same answer for an account that does not exist; REQUIRED
 */
export function chosenAccount(principal: Principal, accountId: string | undefined): string {
  if (accountId !== undefined && accountId !== '') {
    const id = accountId.toLowerCase();
    if (!mayAccess(principal, id)) throw memberError('FORBIDDEN_ACCOUNT', {}, 'AccountId');
    return id;
  }
  const [only, another] = principal.accountIds;
  if (only !== undefined && another === undefined) return only;
  throw memberError('REQUIRED', { member: 'AccountId', hint: 'the id of the account. See GET /accounts.' }, 'AccountId');
}

/** `found`, if the login may see it; otherwise the same error whether it does not exist or belongs to others. @throws AppError NOT_FOUND */
export function accessible<T extends { accountId?: string }>(principal: Principal, kind: string, found: T | undefined): T {
  if (!found || !mayAccess(principal, found.accountId ?? '')) throw new AppError('NOT_FOUND', { kind });
  return found;
}
