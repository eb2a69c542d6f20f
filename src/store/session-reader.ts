import { and, count, eq, getTableColumns, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { Page, Paging } from '../contracts/entities.ts';
import type { SessionInfo, SessionLogInfo, SessionMediaReport, SessionPartyReport } from '../contracts/sessions.ts';
import { present } from './audit.ts';
import type { Database, Queries } from './database.ts';
import { contains, oneOfIds, orderOf, readPage, specific, type Window } from './paging.ts';
import { account, endpoint, session, sessionLog } from './schema.ts';
import type { ConferenceState, NewSessionRow, StoredHold } from './session-rows.ts';
import { rowColumns, storedRow } from './stored-row.ts';

/** Which sessions a list is about; absent members do not restrict. */
export interface SessionFilter {
  /** Accounts that may be seen. */
  readonly accountIds?: readonly string[] | undefined;
  readonly endpointIds?: readonly string[] | undefined;
  /** Created at this moment or later, and before that one. */
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  /** Parts of the addresses, and of a line of the log. */
  readonly fromAddress?: string | undefined;
  readonly toAddress?: string | undefined;
  readonly logText?: string | undefined;
}

/** A stored session: what the API shows, and whose it is. */
export interface StoredSession {
  readonly info: SessionInfo;
  /** Undefined while it waits for its time, and when it ended waiting. */
  readonly owner: string | undefined;
  readonly epoch: number;
}

/** A session that was made with an Idempotency-Key. */
export interface KeyedSession {
  readonly row: NewSessionRow;
  /** Something was written since its creation: so the server that has created it did not refuse it to its caller. */
  readonly wentOn: boolean;
}

const sortFields = {
  dateCreated: session.createdAt,
  dateLastModified: session.modifiedAt,
  dateAnswered: session.answeredAt,
  dateCompleted: session.endedAt,
  fromAddress: session.fromAddress,
  toAddress: session.toAddress,
  outcome: session.outcome,
};

// What may be large is for those who carry the call.
const { state: _state, plan: _plan, ...shown } = getTableColumns(session);
const mediaReport = sql<SessionMediaReport | null>`case when ${session.endedAt} is not null then ${session.state} -> 'media' end`;
const partyReports = sql<SessionPartyReport[] | null>`case when ${session.endedAt} is not null then ${session.state} -> 'partyReports' end`;
const conference = sql<ConferenceState | null>`case when ${session.endedAt} is null then ${session.state} -> 'conference' end`;
const hold = sql<StoredHold | null>`case when ${session.endedAt} is null then ${session.state} -> 'hold' end`;
const columns = {
  session: shown,
  mediaReport,
  partyReports,
  conference,
  hold,
  accountName: account.name,
  endpointName: endpoint.displayName,
};
type Shown = Omit<typeof session.$inferSelect, 'state' | 'plan'>;
type Row = {
  session: Shown;
  mediaReport: SessionMediaReport | null;
  partyReports: SessionPartyReport[] | null;
  conference: ConferenceState | null;
  hold: StoredHold | null;
  accountName: string | null;
  endpointName: string | null;
};

/** Reads stored sessions. Changes of the last moments may still be on their way: the live state is the owner's. */
export class SessionReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** With its log. */
  async find(id: string): Promise<StoredSession | undefined> {
    return this.#database.run(async (queries) => {
      const [row] = await select(queries, eq(session.id, id), [], { limit: 1, offset: 0 });
      if (!row) return undefined;
      const logs = await readLogs(queries, [id]);
      return { info: toInfo(row, logs), owner: row.session.owner ?? undefined, epoch: row.session.epoch };
    });
  }

  /** The session that a login has made with this Idempotency-Key. */
  async findKeyed(loginId: string, key: string): Promise<KeyedSession | undefined> {
    return this.#database.run(async (queries) => {
      const where = and(eq(session.loginId, loginId), eq(session.idempotencyKey, key));
      const [row] = await queries.select(rowColumns).from(session).where(where);
      return row && { row: storedRow(row), wentOn: row.modifiedAt.getTime() !== row.createdAt.getTime() };
    });
  }

  /** With their logs, the newest first unless asked otherwise. */
  async list(filter: SessionFilter, paging: Paging): Promise<Page<SessionInfo>> {
    const where = conditions(filter, paging);
    const order = orderOf(paging, sortFields, session.id, 'Descend');
    return this.#database.run(async (queries) => {
      const page = await readPage(paging, {
        select: (window) => select(queries, where, order, window),
        count: async () => (await queries.select({ count: count() }).from(session).where(where))[0]?.count ?? 0,
        item: (row) => row,
      });
      const logs = await readLogs(
        queries,
        page.items.map((row) => row.session.id),
      );
      return { ...page, items: page.items.map((row) => toInfo(row, logs)) };
    });
  }
}

function select(queries: Queries, where: SQL | undefined, order: SQL[], { limit, offset }: Window): Promise<Row[]> {
  return queries
    .select(columns)
    .from(session)
    .leftJoin(account, eq(account.id, session.accountId))
    .leftJoin(endpoint, eq(endpoint.id, session.endpointId))
    .where(where)
    .orderBy(...order)
    .limit(limit)
    .offset(offset);
}

function conditions(filter: SessionFilter, paging: Paging): SQL | undefined {
  return and(
    oneOfIds(session.accountId, filter.accountIds),
    specific(session.id, paging.specificIds),
    specific(session.endpointId, filter.endpointIds),
    filter.from && gte(session.createdAt, filter.from),
    filter.until && lt(session.createdAt, filter.until),
    filter.fromAddress ? contains(session.fromAddress, filter.fromAddress) : undefined,
    filter.toAddress ? contains(session.toAddress, filter.toAddress) : undefined,
    filter.logText ? hasLine(filter.logText) : undefined,
  );
}

function hasLine(text: string): SQL {
  const line = contains(sql`line ->> 'message'`, text);
  return sql`exists (select 1 from ${sessionLog} l, jsonb_array_elements(l.entries) line where l.session_id = ${session.id} and ${line})`;
}

async function readLogs(queries: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, SessionLogInfo[]>> {
  const logs = new Map<string, SessionLogInfo[]>();
  if (ids.length === 0) return logs;
  const chunks = await queries
    .select({ sessionId: sessionLog.sessionId, entries: sessionLog.entries })
    .from(sessionLog)
    .where(oneOfIds(sessionLog.sessionId, ids))
    .orderBy(sessionLog.sessionId, sessionLog.epoch, sessionLog.chunk);
  for (const { sessionId, entries } of chunks) {
    const log = logs.get(sessionId);
    if (log) log.push(...entries);
    else logs.set(sessionId, [...entries]);
  }
  return logs;
}

function toInfo(
  { session: row, mediaReport, partyReports, conference, hold: held, accountName, endpointName }: Row,
  logs: ReadonlyMap<string, SessionLogInfo[]>,
): SessionInfo {
  const ended = row.endedAt !== null;
  const waits = row.owner === null && !ended;
  return {
    id: row.id,
    dateCreated: row.createdAt.toISOString(),
    dateLastModified: row.modifiedAt.toISOString(),
    createdBy: row.createdBy,
    lastModifiedBy: row.createdBy,
    dialState: ended || waits ? 'None' : 'Active',
    callState: row.callState,
    queueState: waits ? 'Queued' : 'None',
    accountId: row.accountId,
    destination: row.toAddress,
    toAddress: row.toAddress,
    fromAddress: row.fromAddress,
    channel: 'Voice',
    ended,
    direction: row.direction,
    ...present({
      flowId: row.flowId,
      accountName,
      endpointId: row.endpointId,
      endpointName,
      dateAnswered: row.answeredAt?.toISOString(),
      dateCompleted: row.endedAt?.toISOString(),
      outcome: row.outcome,
      sipCause: row.sipCause,
      callSid: row.callSid,
      trunkId: row.trunkId,
      forwardedFrom: row.forwardedFrom,
      metadata: row.metadata,
      notBefore: row.notBefore?.toISOString(),
      expiresAt: row.expiresAt?.toISOString(),
      mediaReport,
      partyReports,
      conferenceSid: conference?.sid,
      members: conference && [...conference.members],
      holdReason: held?.reason,
      heldByUserId: held?.byUserId,
    }),
    log: logs.get(row.id) ?? [],
  };
}
