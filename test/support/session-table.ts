import { AppError } from '../../src/kernel/errors.ts';
import type { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { SessionServiceOptions } from '../../src/sessions/session-service.ts';
import type { NewSessionRow, SessionPatch } from '../../src/store/session-rows.ts';

/** What became of one session: the last value of each member that was written, and the messages of its log. */
export interface SeenSession extends SessionPatch {
  /** As it was created, with the owner and trunk of now. */
  row: NewSessionRow;
  readonly lines: string[];
  readonly times: { readonly atMs: number; readonly message: string }[];
}

type Stored = Pick<SessionServiceOptions, 'store' | 'reader' | 'schedule' | 'journal' | 'queries'>;

export interface SessionTableOptions {
  readonly clock: VirtualClock;
  readonly owner: string;
  readonly beforeStore?: (() => Promise<void>) | undefined;
  readonly canRead?: boolean | undefined;
}

/** The tables of sessions in memory, with what the service needs of the database. */
export function sessionTable({ clock, owner, beforeStore, canRead }: SessionTableOptions) {
  const seen = new Map<string, SeenSession>();
  const waits = ({ row, endedAtMs }: SeenSession): boolean => row.owner === undefined && endedAtMs === undefined;
  const dueOf = ({ row }: SeenSession): number => row.extras?.dueAtMs ?? Number.POSITIVE_INFINITY;
  const waiting = () => [...seen.values()].filter(waits).sort((one, other) => dueOf(one) - dueOf(other));
  const note = (session: SeenSession | undefined, message: string): void => {
    session?.lines.push(message);
    session?.times.push({ atMs: clock.now(), message });
  };
  const findKeyed = (loginId: string, key: string): SeenSession | undefined =>
    [...seen.values()].find(({ row: { extras } }) => extras?.keyed?.loginId === loginId && extras.keyed.key === key);

  const stored: Stored = {
    store: {
      create: async (row) => {
        await beforeStore?.();
        const keyed = row.extras?.keyed;
        // SQLSTATE of a unique index.
        if (keyed && findKeyed(keyed.loginId, keyed.key)) throw Object.assign(new Error('duplicate key'), { code: '23505' });
        seen.set(row.id, { row, lines: [], times: [] });
      },
      settled: async () => {},
    },
    reader: {
      findKeyed: async (loginId, key) => {
        const found = findKeyed(loginId, key);
        return found && { row: found.row, wentOn: found.lines.length > 0 };
      },
    },
    schedule: {
      due: async (nowMs, without, most) =>
        waiting()
          .filter(
            (session) =>
              dueOf(session) <= nowMs &&
              !without.includes(session.row.trunkId ?? session.row.accountId) &&
              !without.includes(session.row.id),
          )
          .slice(0, most)
          .map(({ row }) => row),
      nextDueMs: async (sinceMs) =>
        waiting()
          .map(dueOf)
          .find((dueAtMs) => dueAtMs > sinceMs),
      claim: async (wanted) => {
        const claimed = new Set<string>();
        for (const { id, trunkId } of wanted) {
          const session = seen.get(id);
          if (!session || !waits(session)) continue;
          session.row = { ...session.row, owner, trunkId };
          claimed.add(id);
        }
        return claimed;
      },
      giveBack: async () => {},
      end: async (ids, { outcome, message }, nowMs) => {
        const ended = waiting().filter(({ row }) => ids.includes(row.id));
        for (const session of ended) {
          Object.assign(session, { outcome, endedAtMs: nowMs });
          note(session, message);
        }
        return ended.map(({ row }) => row);
      },
      announce: async () => {},
      keep: async (id) => waiting().some(({ row }) => row.id === id),
    },
    journal: {
      change: (id, _epoch, patch) => void Object.assign(seen.get(id) ?? {}, patch),
      log: (id, _epoch, lines) => {
        for (const { message } of lines) note(seen.get(id), message);
      },
    },
    queries: {
      find: async (_principal, id) => {
        if (canRead === false) throw new AppError('STORE_UNAVAILABLE', { seconds: 1 });
        const session = seen.get(id);
        if (!session) throw new AppError('NOT_FOUND', { kind: 'session' });
        const { callSid } = session;
        const info = { id, ended: session.endedAtMs !== undefined, ...(callSid !== undefined && { callSid }) };
        return { info, owner: session.row.owner, epoch: 1 };
      },
      list: async () => ({ items: [] }),
    },
  };
  return { seen, stored };
}
