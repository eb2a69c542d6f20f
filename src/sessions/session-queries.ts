import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { ListSessions, SessionInfo } from '../contracts/sessions.ts';
import { mayAccess, type Principal, visibleAccounts } from '../directory/principal.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId } from '../kernel/ids.ts';
import type { SessionFilter, SessionReader, StoredSession } from '../store/session-reader.ts';
import type { SessionWriter } from '../store/session-writer.ts';

/** Reads sessions for the API. What this process has not written yet is written first, so that a reader sees what has happened. */
export class SessionQueries {
  readonly #reader: SessionReader;
  readonly #writer: SessionWriter;

  constructor(reader: SessionReader, writer: SessionWriter) {
    this.#reader = reader;
    this.#writer = writer;
  }

  /** @throws AppError NOT_FOUND, also for a session of an account that the login has no access to */
  async find(principal: Principal, sessionId: string): Promise<StoredSession> {
    await this.#catchUp();
    const stored = isId(sessionId) ? await this.#reader.find(sessionId) : undefined;
    if (!stored || !mayAccess(principal, stored.info.accountId ?? '')) throw new AppError('NOT_FOUND', { kind: 'session' });
    return stored;
  }

  /** @throws AppError INVALID_MEMBER for a date that cannot be read */
  async list(principal: Principal, request: RequestOf<typeof ListSessions>): Promise<Page<SessionInfo>> {
    await this.#catchUp();
    return this.#reader.list(filterOf(principal, request), request);
  }

  async #catchUp(): Promise<void> {
    if (this.#writer.pending > 0) await this.#writer.flush();
  }
}

function filterOf(principal: Principal, request: RequestOf<typeof ListSessions>): SessionFilter {
  return {
    accountIds: visibleAccounts(principal, request.accountIds),
    endpointIds: request.endpointIds?.length ? request.endpointIds : undefined,
    from: dateOf(request.startDate, 'StartDate', 0),
    until: dateOf(request.endDate, 'EndDate', 1),
    fromAddress: request.from,
    toAddress: request.to,
    logText: request.log,
  };
}

const DAY_MS = 86_400_000;

/** The start of a day (UTC) written as YYYY-MM-DD, `plusDays` later; a date with a time is taken as it is. */
function dateOf(text: string | undefined, member: string, plusDays: number): Date | undefined {
  if (!text) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw memberError('INVALID_MEMBER', { member, reason: 'write a date as YYYY-MM-DD.' }, member);
  return new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? ms + plusDays * DAY_MS : ms);
}
