import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Sql } from './clients.ts';
import { idList } from './id-list.ts';
import { toJsonText } from './json-text.ts';
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

interface Dirty {
  readonly epoch: number;
  readonly patch: SessionPatch;
  readonly lines: SessionLogInfo[];
}

interface Batch {
  readonly chunk: number;
  readonly ids: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly lineCount: number;
}

const MOST_PER_BATCH = 500;
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
  #dirty = new Map<string, Dirty>();
  #lineCount = 0;
  #droppedLines = 0;
  /** Sent but not confirmed; sent again, exactly as it is, until it is. */
  #unconfirmed: Batch | undefined;
  #number = 0;
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
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
    return this.#dirty.size + (this.#unconfirmed?.ids.length ?? 0);
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
    const end = this.#number + Math.ceil(this.#dirty.size / MOST_PER_BATCH);
    return within(this.#options.clock, FLUSH_LIMIT_MS, this.#writeUntil(end)).catch(() => false);
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

  /** Writes until every batch with a number below `end` is confirmed, or one fails. */
  async #writeUntil(end: number): Promise<boolean> {
    await this.#sending;
    while (this.pending > 0 && (this.#unconfirmed?.chunk ?? this.#number) < end) {
      const before = this.#failures;
      await this.#write();
      if (this.#failures > before) return false;
    }
    return true;
  }

  #entry(sessionId: string, epoch: number): Dirty | undefined {
    const waiting = this.#dirty.get(sessionId);
    if (waiting && waiting.epoch >= epoch) return waiting.epoch === epoch ? waiting : undefined;
    const fresh = { epoch, patch: {}, lines: [] };
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
    if (this.pending > 0) this.#schedule(this.healthy ? this.#everyMs : Math.min(LONGEST_RETRY_MS, this.#everyMs * 2 ** this.#failures));
  }

  async #round(): Promise<void> {
    this.#unconfirmed ??= this.#takeBatch();
    if (!this.#unconfirmed) return;
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
      const parameters = [toJsonText(batch.rows), owner, new Date(clock.now()).toISOString(), String(batch.chunk)];
      const [row] = await sql.unsafe<{ count: number }[]>(WRITE, parameters, { prepare: true });
      written = row?.count ?? 0;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      await this.#sendOneByOne(batch, error);
      return;
    }
    if (written < batch.ids.length) await this.#reportLost(batch);
  }

  /** A row that the database refuses must not hold up the others. */
  async #sendOneByOne(batch: Batch, error: unknown): Promise<void> {
    if (batch.ids.length === 1) {
      this.#options.log.error(
        { err: withoutValues(error), sessionId: batch.ids[0] },
        'A change of a session was refused by the database and is lost',
      );
      return;
    }
    for (const [index, row] of batch.rows.entries())
      await this.#send({ chunk: batch.chunk, ids: batch.ids.slice(index, index + 1), rows: [row], lineCount: 0 });
  }

  async #reportLost(batch: Batch): Promise<void> {
    const { sql, owner, onLost } = this.#options;
    const epochs = batch.rows.map((row) => Number(row.epoch));
    const kept = await sql<{ id: string }[]>`
      select s.id from session s, unnest(${idList(batch.ids)}::text::uuid[], ${`{${epochs.join(',')}}`}::text::int[]) as c (id, epoch)
      where s.id = c.id and s.epoch = c.epoch and s.owner = ${owner}::uuid`;
    const ours = new Set(kept.map((row) => row.id));
    const lost = batch.ids.filter((id) => !ours.has(id));
    for (const id of lost) this.#forget(id);
    if (lost.length > 0) onLost(lost);
  }

  #forget(sessionId: string): void {
    this.#lineCount -= this.#dirty.get(sessionId)?.lines.length ?? 0;
    this.#dirty.delete(sessionId);
  }

  #takeBatch(): Batch | undefined {
    if (this.#dirty.size === 0) return undefined;
    const entries = [...this.#dirty].slice(0, MOST_PER_BATCH);
    if (entries.length === this.#dirty.size) this.#dirty = new Map();
    else for (const [id] of entries) this.#dirty.delete(id);
    const chunk = this.#number++;
    let lineCount = 0;
    const rows = entries.map(([id, dirty]) => {
      lineCount += dirty.lines.length;
      return toColumns(id, dirty, chunk);
    });
    return { chunk, ids: entries.map(([id]) => id), rows, lineCount };
  }
}

function toColumns(id: string, { epoch, patch, lines }: Dirty, chunk: number): Record<string, unknown> {
  return {
    id,
    epoch,
    call_state: patch.callState,
    call_sid: patch.callSid,
    trunk_id: patch.trunkId,
    answered_at: toMoment(patch.answeredAtMs),
    ended_at: toMoment(patch.endedAtMs),
    outcome: patch.outcome,
    sip_cause: patch.sipCause,
    state: patch.mediaReport ? { media: patch.mediaReport } : patch.state,
    chunk,
    entries: lines.length > 0 ? lines : undefined,
  };
}

function toMoment(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}
