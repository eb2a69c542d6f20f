import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Sql } from './clients.ts';
import { idList } from './id-list.ts';
import { type Batch, type Dirty, takeBatch } from './session-batch.ts';
import type { SessionLogInfo, SessionPatch } from './session-rows.ts';
import { isUnavailable, withoutValues } from './store-error.ts';
import { within } from './time-limit.ts';

export interface SessionWriterOptions {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** This process, as `session.owner` has it. */
  readonly owner: string;
  /** These sessions belong to another process by now (or are gone): stop their media and forget them. */
  readonly onLost: (sessionIds: readonly string[]) => void;
  /** How long changes are gathered. */
  readonly everyMs?: number;
}

/** Log lines kept while the database is away. Patches need no limit: there is one per session. */
const MOST_LINES = 50_000;
const LONGEST_RETRY_MS = 2_000;
/** How long a reader, or the end of the process, waits for a database that hangs. */
const FLUSH_LIMIT_MS = 5_000;

/**
 * Guarded by owner and epoch. Writing a batch twice changes nothing: its chunks of the log have their numbers already.
 * Every row of a batch has the chunk number $4; comparing it is there for the planner, which takes a set of JSON rows for 100 rows
 * and would rather read the whole of a table that is still small, and keep that plan when it no longer is.
 */
const WRITE = `
with changed as (
  update session as s
  set call_state = coalesce(c.call_state, s.call_state), call_sid = coalesce(c.call_sid, s.call_sid),
    trunk_id = coalesce(c.trunk_id, s.trunk_id),
    answered_at = coalesce(c.answered_at, s.answered_at), ended_at = coalesce(c.ended_at, s.ended_at),
    outcome = coalesce(c.outcome, s.outcome), sip_cause = coalesce(c.sip_cause, s.sip_cause),
    state = coalesce(c.state, s.state), modified_at = $3::text::timestamptz
  from json_to_recordset($1::text::json) as c (id uuid, epoch int, call_state text, call_sid text, trunk_id uuid, answered_at timestamptz,
    ended_at timestamptz, outcome text, sip_cause smallint, state jsonb, chunk int, entries jsonb)
  where c.chunk = $4::text::int and s.id = c.id and s.epoch = c.epoch and s.owner = $2::text::uuid
  returning s.id, s.epoch, c.chunk, c.entries
), logged as (
  insert into session_log (session_id, epoch, chunk, entries)
  select id, epoch, chunk, entries from changed where entries is not null
  on conflict do nothing
)
select count(*)::int as count from changed`;

/**
 * Writes what happens on sessions after their creation, behind the calls: changes are merged in memory and go out together, all
 * sessions in one commit, at most every `everyMs`. While the database is away they wait; calls never do.
 */
export class SessionWriter {
  readonly #options: SessionWriterOptions;
  readonly #everyMs: number;
  readonly #dirty = new Map<string, Dirty>();
  #turn = 0;
  #lineCount = 0;
  #droppedLines = 0;
  /** Sent but not confirmed; sent again, exactly as it is, until it is. */
  #unconfirmed: Batch | undefined;
  #number = 0;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  /** Not all that waited went into the last batch. */
  #isBehind = false;
  #closed = false;

  constructor(options: SessionWriterOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs ?? 250;
  }

  /** Whether the last write succeeded. */
  get healthy(): boolean {
    return this.#failures === 0;
  }

  /** Sessions with changes that are not confirmed yet. */
  get pending(): number {
    return this.#dirty.size + (this.#unconfirmed?.rows.length ?? 0);
  }

  /** Log lines given up because the database was away for too long. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Merges a change into what is written next. A change of an older epoch than one that waits is dropped. */
  change(sessionId: string, epoch: number, patch: SessionPatch): void {
    const waiting = this.#entry(sessionId, epoch);
    if (waiting) this.#dirty.set(sessionId, { ...waiting, patch: { ...waiting.patch, ...patch } });
  }

  /** Appends lines to the log of a session. */
  log(sessionId: string, epoch: number, lines: readonly SessionLogInfo[]): void {
    const waiting = this.#entry(sessionId, epoch);
    if (!waiting) return;
    const room = Math.max(0, MOST_LINES - this.#lineCount);
    if (lines.length > room) {
      if (this.#droppedLines === 0) this.#options.log.error({}, 'Log lines of sessions are lost: too many wait for the database');
      this.#droppedLines += lines.length - room;
    }
    const kept = lines.slice(0, room);
    this.#lineCount += kept.length;
    waiting.lines.push(...kept);
  }

  /**
   * Writes now what waits at this moment, not what comes while it does. Answers whether that is done; false also when the database
   * takes too long, and it is written later then.
   */
  flush(): Promise<boolean> {
    return within(this.#options.clock, FLUSH_LIMIT_MS, this.#writeUntil(this.#turn)).catch(() => false);
  }

  /** Writes what is left, if the database lets it. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    while (this.pending > 0 && (await this.flush()));
    if (this.pending > 0) this.#options.log.error({ sessions: this.pending }, 'Changes of sessions are lost: the database does not answer');
    this.#timer?.cancel();
  }

  /** Writes until all whose turn is before `end` is confirmed, or a batch fails. */
  async #writeUntil(end: number): Promise<boolean> {
    await this.#sending;
    while (this.#nextTurn() < end) {
      const before = this.#failures;
      await this.#write();
      if (this.#failures > before) return false;
    }
    return true;
  }

  /** Whose turn it is. */
  #nextTurn(): number {
    if (this.#unconfirmed) return this.#unconfirmed.turn;
    for (const { turn } of this.#dirty.values()) return turn;
    return Number.POSITIVE_INFINITY;
  }

  #entry(sessionId: string, epoch: number): Dirty | undefined {
    const waiting = this.#dirty.get(sessionId);
    if (waiting && waiting.epoch >= epoch) return waiting.epoch === epoch ? waiting : undefined;
    if (waiting) this.#lineCount -= waiting.lines.length;
    const fresh = { turn: waiting?.turn ?? this.#turn++, epoch, patch: {}, lines: [] };
    this.#dirty.set(sessionId, fresh);
    this.#schedule(this.#everyMs);
    return fresh;
  }

  #schedule(delayMs: number): void {
    if (this.#timer || this.#sending || this.#closed) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      void this.#write();
    });
  }

  /** One round: what is unconfirmed, else what waits. Rounds never overlap. */
  async #write(): Promise<void> {
    if (this.#sending !== undefined) return this.#sending;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending = this.#round();
    await this.#sending;
    this.#sending = undefined;
    if (this.pending === 0) return;
    if (!this.healthy) this.#schedule(Math.min(LONGEST_RETRY_MS, this.#everyMs * 2 ** this.#failures));
    else this.#schedule(this.#isBehind ? 0 : this.#everyMs);
  }

  async #round(): Promise<void> {
    if (!this.#unconfirmed) {
      this.#unconfirmed = takeBatch(this.#dirty, this.#number);
      if (!this.#unconfirmed) return;
      this.#number++;
      this.#isBehind = this.#dirty.size > 0;
    }
    try {
      await this.#send(this.#unconfirmed);
      this.#lineCount -= this.#unconfirmed.lineCount;
      this.#unconfirmed = undefined;
      if (this.#failures > 0) this.#options.log.info({}, 'Changes of sessions are written again');
      this.#failures = 0;
    } catch (error) {
      if (this.#failures++ === 0)
        this.#options.log.error({ err: withoutValues(error) }, 'Changes of sessions cannot be written; they wait for the database');
    }
  }

  async #send(batch: Batch): Promise<void> {
    const { sql, owner, clock } = this.#options;
    let written: number;
    try {
      const parameters = [
        `[${batch.rows.map(({ text }) => text).join(',')}]`,
        owner,
        new Date(clock.now()).toISOString(),
        String(batch.chunk),
      ];
      const [row] = await sql.unsafe<{ count: number }[]>(WRITE, parameters, { prepare: true });
      written = row?.count ?? 0;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      await this.#sendOneByOne(batch, error);
      return;
    }
    if (written < batch.rows.length) await this.#reportLost(batch);
  }

  /** A row that the database refuses must not hold up the others. */
  async #sendOneByOne(batch: Batch, error: unknown): Promise<void> {
    const [first, ...others] = batch.rows;
    if (first && others.length === 0) {
      const fields = { err: withoutValues(error), sessionId: first.id };
      this.#options.log.error(fields, 'A change of a session was refused by the database and is lost');
      return;
    }
    for (const row of batch.rows) await this.#send({ ...batch, rows: [row], lineCount: 0 });
  }

  async #reportLost(batch: Batch): Promise<void> {
    const { sql, owner, onLost } = this.#options;
    const ids = batch.rows.map(({ id }) => id);
    const epochs = batch.rows.map(({ epoch }) => epoch);
    const kept = await sql<{ id: string }[]>`
      select s.id from session s, unnest(${idList(ids)}::text::uuid[], ${`{${epochs.join(',')}}`}::text::int[]) as c (id, epoch)
      where s.id = c.id and s.epoch = c.epoch and s.owner = ${owner}::uuid`;
    const ours = new Set(kept.map((row) => row.id));
    const lost = ids.filter((id) => !ours.has(id));
    for (const id of lost) this.#forget(id);
    if (lost.length > 0) onLost(lost);
  }

  #forget(sessionId: string): void {
    this.#lineCount -= this.#dirty.get(sessionId)?.lines.length ?? 0;
    this.#dirty.delete(sessionId);
  }
}
