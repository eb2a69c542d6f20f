import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Sql } from './clients.ts';
import { idList } from './id-list.ts';
import { toJsonText } from './json-text.ts';
import type { NewSessionRow } from './session-rows.ts';
import { isUnavailable, unavailable, withoutValues } from './store-error.ts';
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

const INSERT = `
insert into session (id, account_id, endpoint_id, flow_id, flow_version, trunk_id, direction, to_address, from_address, owner, call_state,
  created_by, created_at, modified_at, state)
select id, account_id, endpoint_id, flow_id, flow_version, trunk_id, direction, to_address, from_address, owner, call_state,
  created_by, created_at, created_at, state
from json_to_recordset($1::text::json) as new (id uuid, account_id uuid, endpoint_id uuid, flow_id uuid, flow_version int, trunk_id uuid,
  direction text, to_address text, from_address text, owner uuid, call_state text, created_by text, created_at timestamptz, state jsonb)`;

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
  #doubtful: string[] = [];

  constructor(options: SessionStoreOptions) {
    this.#options = options;
    this.#limitMs = options.limitMs ?? 5_000;
  }

  /**
   * Resolves when the row is on disk.
   * @throws AppError STORE_UNAVAILABLE when the database does not answer; no session is left then.
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
      await this.#within(this.#options.sql.unsafe(INSERT, [toJsonText(batch.map(({ row }) => toColumns(row)))], { prepare: true }));
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
      this.#doubtful.push(one.row.id);
      one.reject(unavailable(cause));
    }
  }

  async #removeDoubtful(): Promise<void> {
    if (this.#doubtful.length === 0) return;
    const ids = this.#doubtful;
    await this.#within(this.#options.sql`delete from session where id = any(${idList(ids)}::text::uuid[])`);
    this.#doubtful = this.#doubtful.slice(ids.length);
  }

  #within<T>(query: PromiseLike<T>): Promise<T> {
    return within(this.#options.clock, this.#limitMs, query);
  }

  /** Removes what a refused create may have left. Call it when the database is back, and before the end. */
  async settle(): Promise<void> {
    await this.#removeDoubtful().catch((error: unknown) =>
      this.#options.log.warn({ err: withoutValues(error) }, 'Refused sessions could not be removed yet'),
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
  };
}
