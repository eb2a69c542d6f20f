import type { AccountInfo, DeleteAccount, GetAccount, ListAccounts, NewAccount, PatchAccount } from '../contracts/accounts.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId, newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { AccountRepository } from '../store/account-repository.ts';
import { isReferenced } from '../store/store-error.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import { mayAccess, type Principal, visibleAccounts } from './principal.ts';

export interface AccountsOptions {
  readonly accounts: AccountRepository;
  readonly clock: Clock;
  readonly random: Random;
}

const NAME_LENGTH = 200;
const DEEPEST = 10;

/** Accounts, the tenants of the system (contract evo-voice.md 3.2). Who may create and change them is checked with the operation. */
export class Accounts {
  readonly #options: AccountsOptions;

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  list(principal: Principal, request: RequestOf<typeof ListAccounts>): Promise<Page<AccountInfo>> {
    const accountIds = visibleAccounts(principal, undefined);
    return this.#options.accounts.list({ accountIds, nameFilter: request.nameFilter }, request);
  }

  /** @throws AppError NOT_FOUND, also for an account that the login has no access to */
  async get(principal: Principal, request: RequestOf<typeof GetAccount>): Promise<AccountInfo> {
    const id = request.accountId ?? '';
    const found = isId(id) && mayAccess(principal, id) ? await this.#options.accounts.find(id) : undefined;
    if (!found) throw new AppError('NOT_FOUND', { kind: 'account' });
    return found;
  }

  /** @throws AppError REQUIRED, INVALID_MEMBER */
  async create(principal: Principal, request: RequestOf<typeof NewAccount>): Promise<AccountInfo> {
    const { accounts, clock, random } = this.#options;
    const name = checkName(request.name);
    const parent = await this.#parent(principal, request.parentAccountId);
    return accounts.create(newId(clock, random), name, parent, authorOf(principal, clock));
  }

  /** @throws AppError NOT_FOUND, INVALID_MEMBER */
  async patch(principal: Principal, request: RequestOf<typeof PatchAccount>): Promise<AccountInfo> {
    const account = await this.get(principal, request);
    if (request.name === undefined) return account;
    const changed = await this.#options.accounts.rename(
      account.id ?? '',
      checkName(request.name),
      authorOf(principal, this.#options.clock),
    );
    if (!changed) throw new AppError('NOT_FOUND', { kind: 'account' });
    return changed;
  }

  /** @throws AppError NOT_FOUND; CONFLICT while it holds anything */
  async remove(principal: Principal, request: RequestOf<typeof DeleteAccount>): Promise<void> {
    const id = (await this.get(principal, request)).id ?? '';
    const held = await this.#options.accounts.contents(id);
    if (held.length > 0) throw notEmpty(held.join(', '));
    await this.#options.accounts.remove(id).catch((error: unknown) => {
      throw isReferenced(error) ? notEmpty('something that was just added') : error;
    });
  }

  async #parent(principal: Principal, id: string | undefined): Promise<AccountInfo | undefined> {
    if (id === undefined || id === '') return undefined;
    const parent = isId(id) && mayAccess(principal, id) ? await this.#options.accounts.find(id) : undefined;
    const reason = !parent
      ? 'There is no such account.'
      : (parent.ancestorIds ?? []).length >= DEEPEST
        ? `Accounts may be ${DEEPEST} deep.`
        : '';
    if (reason !== '') throw memberError('INVALID_MEMBER', { member: 'ParentAccountId', reason }, 'ParentAccountId');
    return parent;
  }
}

function checkName(value: string | undefined): string {
  const checks = new MemberChecks();
  const name = checks.required(value?.trim(), 'Name', NAME_LENGTH, 'the name of the account.');
  checks.done();
  return name;
}

function notEmpty(what: string): AppError {
  return new AppError('CONFLICT', { reason: `The account is not empty: it has ${what}. Delete or move them first.` });
}
