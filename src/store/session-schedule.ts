import { and, asc, eq, gt, inArray, isNull, lte, min, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { idList } from './id-list.ts';
import { cleanJson } from './json-text.ts';
import { session, sessionLog } from './schema.ts';
import type { NewSessionRow } from './session-rows.ts';
import { rowColumns, storedRow } from './stored-row.ts';

export interface SessionScheduleOptions {
  readonly database: Database;
  /** Id of this process, as `session.owner` has it. */
  readonly owner: string;
  /** Whether the session was refused to its caller, so that it must not be dialled although its row is still there. */
  readonly isRefused: (sessionId: string) => boolean;
}

/** How a session ends that was never dialled. */
export interface WaitingEnd {
  readonly outcome: string;
  /** For the log of the session. */
  readonly message: string;
}

/** A session that was never carried has no other line in its log. */
const LAST_CHUNK = -1;

/** Sessions that wait for their time, for all servers of the database. All methods throw AppError STORE_UNAVAILABLE. */
export class SessionSchedule {
  readonly #options: SessionScheduleOptions;

  constructor(options: SessionScheduleOptions) {
    this.#options = options;
  }

  /** Those whose time has come, the longest due first. @param without accounts, trunks that sessions must use, and sessions to leave out. */
  async due(nowMs: number, without: readonly string[], most: number): Promise<NewSessionRow[]> {
    const { database, isRefused } = this.#options;
    const others: SQL | undefined =
      without.length === 0
        ? undefined
        : sql`coalesce(${session.trunkId}, ${session.accountId}) <> all(${idList(without)}::text::uuid[])
            and ${session.id} <> all(${idList(without)}::text::uuid[])`;
    const rows = await database.run((queries) =>
      queries
        .select(rowColumns)
        .from(session)
        .where(and(lte(session.dueAt, new Date(nowMs)), others))
        .orderBy(asc(session.dueAt), asc(session.id))
        .limit(most),
    );
    return rows.filter(({ id }) => !isRefused(id)).map(storedRow);
  }

  /** When the next session after `sinceMs` is due. */
  async nextDueMs(sinceMs: number): Promise<number | undefined> {
    const [row] = await this.#options.database.run((queries) =>
      queries
        .select({ dueAt: min(session.dueAt) })
        .from(session)
        .where(gt(session.dueAt, new Date(sinceMs))),
    );
    return row?.dueAt?.getTime();
  }

  /**
   * Makes this process the owner of sessions, each with the trunk that it will use. Answers the ids of those that it got: others
   * belong to another process, or are over. What is not committed when this throws may still be; see `giveBack`.
   */
  async claim(wanted: readonly { readonly id: string; readonly trunkId: string }[], nowMs: number): Promise<ReadonlySet<string>> {
    const { database, owner } = this.#options;
    const at = new Date(nowMs).toISOString();
    const ids = idList(wanted.map(({ id }) => id));
    const trunkIds = idList(wanted.map(({ trunkId }) => trunkId));
    const rows = await database.transaction((queries) =>
      queries.execute<{ id: string }>(sql`
        with wanted as (
          select s.id, w.trunk_id from unnest(${ids}::text::uuid[], ${trunkIds}::text::uuid[]) as w (id, trunk_id)
          join session s on s.id = w.id
          where s.owner is null and s.ended_at is null
          for update of s skip locked
        )
        update session s set owner = ${owner}::uuid, trunk_id = wanted.trunk_id, due_at = null, call_state = 'Ringing',
          modified_at = ${at}::text::timestamptz
        from wanted where s.id = wanted.id
        returning s.id`),
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Lets sessions wait again that `claim` may have taken, and that were not dialled: also when its commit comes only now. */
  async giveBack(ids: readonly string[]): Promise<void> {
    const { database, owner } = this.#options;
    const ours = and(inArray(session.id, [...ids]), eq(session.owner, owner), isNull(session.endedAt));
    // The trunk that the call must use is in its plan; any other was this process's choice.
    const trunkId = sql`(${session.plan} ->> 'trunkId')::uuid`;
    await database.transaction(async (queries) => {
      // An update alone would not see what is not committed yet, and so not wait for it.
      await queries
        .select({ id: session.id })
        .from(session)
        .where(inArray(session.id, [...ids]))
        .orderBy(session.id)
        .for('update');
      await queries.update(session).set({ owner: null, trunkId, dueAt: session.notBefore, callState: 'Disconnected' }).where(ours);
    });
  }

  /**
   * Makes sure of a session that waits, though the server that has created it may not know that it was written and may want to remove it.
   * Answers false when it does not wait any more, or was removed.
   */
  async keep(id: string, nowMs: number): Promise<boolean> {
    const at = new Date(nowMs).toISOString();
    const later = sql`greatest(${at}::text::timestamptz, ${session.createdAt} + interval '1 millisecond')`;
    const kept = await this.#options.database.transaction((queries) =>
      queries
        .update(session)
        .set({ modifiedAt: later })
        .where(and(eq(session.id, id), isNull(session.owner), isNull(session.endedAt)))
        .returning({ id: session.id }),
    );
    return kept.length > 0;
  }

  /** Ends sessions that still wait, with a last line for their logs. Answers those that did. */
  async end(ids: readonly string[], { outcome, message }: WaitingEnd, nowMs: number): Promise<NewSessionRow[]> {
    const at = new Date(nowMs);
    const ended = { endedAt: at, modifiedAt: at, outcome, dueAt: null };
    const entries = cleanJson([{ date: at.toISOString(), message }]);
    const rows = await this.#options.database.transaction(async (queries) => {
      const still = and(inArray(session.id, [...ids]), isNull(session.owner), isNull(session.endedAt));
      const over = await queries.update(session).set(ended).where(still).returning(rowColumns);
      const lines = over.map(({ id, epoch }) => ({ sessionId: id, epoch, chunk: LAST_CHUNK, entries }));
      if (lines.length > 0) await queries.insert(sessionLog).values(lines);
      return over;
    });
    return rows.map(storedRow);
  }

  /** Tells the other processes of a session that waits. */
  announce(id: string): Promise<void> {
    return this.#options.database.announce({ kind: 'session', id });
  }
}
