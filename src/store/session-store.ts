import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Sql } from './clients.ts';
import { idList } from './id-list.ts';
import { toJsonText } from './json-text.ts';
import type { NewSessionRow, SessionExtras } from './session-rows.ts';
import { isUnavailable, storeError, unavailable, withoutValues } from './store-error.ts';
import { within } from './time-limit.ts';

export interface SessionStoreOptions {
  /** A client with one connection that nothing else uses: statements on it run in the order in which they are sent. */
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a caller waits for the commit. */
  readonly limitMs?: number;
}

interface Waiting {
  readonly row: NewSessionRow;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MOST_PER_INSERT = 500;
const MOST_WAITING = 5_000;
/** How often removing what a refused create may have left is tried. */
const SETTLE_MS = 1_000;

/** What every session has: a quiet server writes one of these for each call. */
const common = {
  id: 'uuid',
  account_id: 'uuid',
  endpoint_id: 'uuid',
  flow_id: 'uuid',
  flow_version: 'int',
  trunk_id: 'uuid',
  direction: 'text',
  to_address: 'text',
  from_address: 'text',
  owner: 'uuid',
  call_state: 'text',
  created_by: 'text',
  created_at: 'timestamptz',
  state: 'jsonb',
};
/** What only some have: a batch without any of them is spared the columns. */
const extra = {
  forwarded_from: 'text',
  metadata: 'jsonb',
  plan: 'jsonb',
  not_before: 'timestamptz',
  expires_at: 'timestamptz',
  due_at: 'timestamptz',
  login_id: 'uuid',
  idempotency_key: 'text',
  request_hash: 'text',
};

const INSERT = insertOf(common);
const INSERT_WITH_EXTRAS = insertOf({ ...common, ...extra });

function insertOf(columns: Readonly<Record<string, string>>): string {
  const names = Object.keys(columns).join(', ');
  const types = Object.entries(columns).map((column) => column.join(' '));
  return `insert into session (${names}, modified_at)
select ${names}, created_at from json_to_recordset($1::text::json) as new (${types.join(', ')})`;
}

/**
 * Creates sessions, each durable before its caller hears of it. Creates that arrive while a commit is under way share the next
 * one, so that a quiet server answers in one commit and a busy one does not commit once per call.
 */
export class SessionStore {
  readonly #options: SessionStoreOptions;
  readonly #limitMs: number;
  #waiting: Waiting[] = [];
  #sending = false;
  /** Refused to the caller although the row may have been written: the connection broke before the answer. */
  #doubtful: NewSessionRow[] = [];
  #settling: Timer | undefined;
  #closed = false;

  constructor(options: SessionStoreOptions) {
    this.#options = options;
    this.#limitMs = options.limitMs ?? 5_000;
  }

  /** Whether a session was refused to its caller, although its row may be there for a moment. */
  isRefused(sessionId: string): boolean {
    return this.#doubtful.some(({ id }) => id === sessionId);
  }

  /**
   * Resolves when the row is on disk.
   * @throws AppError STORE_UNAVAILABLE when the database does not answer; no session is left then. The database's error for a second
   * session with the Idempotency-Key of a login; see isDuplicate.
   */
  create(row: NewSessionRow): Promise<void> {
    if (this.#waiting.length >= MOST_WAITING) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      if (!this.#sending) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#sending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.length > MOST_PER_INSERT ? this.#waiting.splice(0, MOST_PER_INSERT) : this.#waiting;
      if (batch === this.#waiting) this.#waiting = [];
      await this.#insert(batch);
    }
    this.#sending = false;
  }

  async #insert(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#removeDoubtful();
    } catch (error) {
      // Nothing of these was sent, so nothing of them is in doubt.
      for (const one of batch) one.reject(unavailable(error));
      this.#settleLater();
      return;
    }
    try {
      const statement = batch.some(({ row }) => row.extras) ? INSERT_WITH_EXTRAS : INSERT;
      await this.#within(this.#options.sql.unsafe(statement, [toJsonText(batch.map(({ row }) => toColumns(row)))], { prepare: true }));
    } catch (error) {
      if (isUnavailable(error)) this.#refuse(batch, error);
      else if (batch.length === 1) batch[0]?.reject(withoutValues(error));
      // One bad row refuses all of them: each on its own finds out which.
      else for (const one of batch) await this.#insert([one]);
      return;
    }
    for (const one of batch) one.resolve();
  }

  #refuse(batch: readonly Waiting[], cause: unknown): void {
    for (const one of batch) {
      this.#doubtful.push(one.row);
      one.reject(unavailable(cause));
    }
    this.#settleLater();
  }

  #settleLater(): void {
    if (this.#closed || this.#settling) return;
    this.#settling = this.#options.clock.after(SETTLE_MS, () => {
      this.#settling = undefined;
      this.settled().catch(() => this.#settleLater());
    });
  }

  async #removeDoubtful(): Promise<void> {
    if (this.#doubtful.length === 0) return;
    const rows = this.#doubtful;
    const ids = idList(rows.map(({ id }) => id));
    const owners = idList(rows.map(({ owner }) => owner ?? 'null'));
    // Somebody may count on it already, another owner who dials it or a server that has answered for it (see SessionSchedule.keep): then
    // something was written since its creation, and it stays.
    await this.#within(this.#options.sql`
      delete from session s using unnest(${ids}::text::uuid[], ${owners}::text::uuid[]) as refused (id, owner)
      where s.id = refused.id and s.owner is not distinct from refused.owner and s.modified_at = s.created_at`);
    const removed = new Set(rows);
    this.#doubtful = this.#doubtful.filter((row) => !removed.has(row));
  }

  #within<T>(query: PromiseLike<T>): Promise<T> {
    return within(this.#options.clock, this.#limitMs, query);
  }

  /** Resolves when nothing of a refused create is left. @throws AppError STORE_UNAVAILABLE */
  async settled(): Promise<void> {
    try {
      await this.#removeDoubtful();
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Removes what refused creates may have left, if the database lets it. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#settling?.cancel();
    await this.settled().catch((error: unknown) =>
      this.#options.log.warn({ err: withoutValues(error) }, 'Refused sessions could not be removed'),
    );
  }
}

function toColumns(row: NewSessionRow): Record<string, unknown> {
  return {
    id: row.id,
    account_id: row.accountId,
    endpoint_id: row.endpointId,
    flow_id: row.flowId,
    flow_version: row.flowVersion,
    trunk_id: row.trunkId,
    direction: row.direction,
    to_address: row.toAddress,
    from_address: row.fromAddress,
    owner: row.owner,
    call_state: row.callState,
    created_by: row.createdBy,
    created_at: new Date(row.createdAtMs).toISOString(),
    state: row.state,
    ...(row.extras && extraColumns(row.extras)),
  };
}

function extraColumns({ forwardedFrom, metadata, plan, notBeforeMs, expiresAtMs, dueAtMs, keyed }: SessionExtras): Record<string, unknown> {
  return {
    forwarded_from: forwardedFrom,
    metadata,
    plan,
    not_before: momentOf(notBeforeMs),
    expires_at: momentOf(expiresAtMs),
    due_at: momentOf(dueAtMs),
    login_id: keyed?.loginId,
    idempotency_key: keyed?.key,
    request_hash: keyed?.hash,
  };
}

function momentOf(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}
