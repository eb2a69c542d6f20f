import type { ApiKeyInfo, DeleteApiKey, ListApiKeys, NewApiKey } from '../contracts/api-keys.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { isId, newId } from '../kernel/ids.ts';
import { parseMoment } from '../kernel/moment.ts';
import type { Random } from '../kernel/random.ts';
import type { ApiKeyRepository } from '../store/api-key-repository.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import type { Principal } from './principal.ts';
import { hashOf, newApiKey } from './secrets.ts';

export interface ApiKeysOptions {
  readonly apiKeys: ApiKeyRepository;
  readonly clock: Clock;
  readonly random: Random;
}

const NAME_LENGTH = 100;
const MOST_KEYS = 100;

/** Keys with which programs sign in as the login that made them (servicestack.md 4.2). Everybody has their own only. */
export class ApiKeys {
  readonly #options: ApiKeysOptions;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  /** @returns the key too, which cannot be read again. @throws AppError REQUIRED, INVALID_MEMBER; CONFLICT with 100 keys already */
  async create(principal: Principal, request: RequestOf<typeof NewApiKey>): Promise<ApiKeyInfo> {
    const { apiKeys, clock, random } = this.#options;
    const checks = new MemberChecks();
    const name = checks.required(request.name?.trim(), 'Name', NAME_LENGTH, 'what the key is for.');
    const expiresAt = checkEnd(request.expiresAt, clock.now(), checks);
    checks.done();
    const key = newApiKey(random);
    const stored = { id: newId(clock, random), userId: principal.userId, name, keyHash: hashOf(key), expiresAt };
    const made = await apiKeys.create(stored, MOST_KEYS, authorOf(principal, clock));
    if (!made) throw new AppError('CONFLICT', { reason: `A login may have ${MOST_KEYS} API keys. Delete one that is no longer used.` });
    return { ...made, key };
  }

  list(principal: Principal, request: RequestOf<typeof ListApiKeys>): Promise<Page<ApiKeyInfo>> {
    return this.#options.apiKeys.list(principal.userId, request);
  }

  /** @throws AppError NOT_FOUND, also for a key of somebody else */
  async remove(principal: Principal, request: RequestOf<typeof DeleteApiKey>): Promise<void> {
    const id = request.apiKeyId ?? '';
    const removed = isId(id) && (await this.#options.apiKeys.remove(principal.userId, id));
    if (!removed) throw new AppError('NOT_FOUND', { kind: 'API key' });
  }
}

function checkEnd(text: string | undefined, nowMs: number, checks: MemberChecks): Date | null {
  if (text === undefined || text === '') return null;
  const ms = parseMoment(text);
  if (ms === undefined) checks.refuse('ExpiresAt', 'Write a moment in ISO 8601, such as 2030-01-31T12:00:00Z.');
  else if (ms <= nowMs) checks.refuse('ExpiresAt', 'It is over already. Give a moment in the future.');
  return ms === undefined ? null : new Date(ms);
}
