import type { AssignRoles, UnAssignRoles } from '../contracts/authentication.ts';
import { roles as everyRole, type RequestOf, type Role } from '../contracts/dto.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { UserRepository } from '../store/user-repository.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import { type Principal, systemRoles } from './principal.ts';

export interface UserRolesOptions {
  readonly users: UserRepository;
  readonly clock: Clock;
}

/** What a login has after a change. */
export interface AllRoles {
  allRoles: string[];
  /** Always empty: there are no permissions here. */
  allPermissions: string[];
}

/** Gives roles to logins and takes them away (servicestack.md 4.1). Whoever is signed in has them from the next request on. */
export class UserRoles {
  readonly #options: UserRolesOptions;

  constructor(options: UserRolesOptions) {
    this.#options = options;
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER, NOT_FOUND */
  assign(principal: Principal, request: RequestOf<typeof AssignRoles>): Promise<AllRoles> {
    return this.#change(principal, request, (roles, named) => [...new Set([...roles, ...named])]);
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER, NOT_FOUND; CONFLICT when nobody would be left who sees every account */
  unassign(principal: Principal, request: RequestOf<typeof UnAssignRoles>): Promise<AllRoles> {
    return this.#change(principal, request, (roles, named) => roles.filter((role) => !named.includes(role)));
  }

  async #change(
    principal: Principal,
    request: RequestOf<typeof AssignRoles>,
    change: (roles: readonly Role[], named: readonly Role[]) => Role[],
  ): Promise<AllRoles> {
    const { users, clock } = this.#options;
    const { userName, named } = checkMembers(request);
    const user = await users.findByEmail(userName);
    const changed =
      user &&
      (await users.changeRoles(user.id, authorOf(principal, clock), systemRoles, (before, others) => {
        const after = change(before, named);
        if (others === 0 && isSystem(before) && !isSystem(after)) throw lastOne();
        return after;
      }));
    if (!changed) throw new AppError('NOT_FOUND', { kind: 'login' });
    return { allRoles: [...changed], allPermissions: [] };
  }
}

function isSystem(roles: readonly Role[]): boolean {
  return roles.some((role) => systemRoles.includes(role));
}

function lastOne(): AppError {
  return new AppError('CONFLICT', {
    reason: `It is the last login with one of the roles ${systemRoles.join(', ')}. Give one to another login first.`,
  });
}

/** The names of roles are read without regard to case. */
function checkMembers(request: RequestOf<typeof AssignRoles>): { readonly userName: string; readonly named: readonly Role[] } {
  const checks = new MemberChecks();
  const userName = checks.required(request.userName?.trim(), 'UserName', Number.POSITIVE_INFINITY, 'the e-mail address of the login.');
  const named = (request.roles ?? []).map((name) => everyRole.find((role) => role.toLowerCase() === name.toLowerCase()));
  const known = named.filter((role) => role !== undefined);
  if (known.length < named.length) checks.refuse('Roles', `Use ${everyRole.join(', ')}.`);
  checks.done();
  return { userName, named: known };
}
