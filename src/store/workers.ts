import type { SessionLogInfo } from '../contracts/sessions.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Sql } from './clients.ts';
import { toJsonText } from './json-text.ts';
import type { SessionState } from './session-rows.ts';
import { withoutValues } from './store-error.ts';

export interface WorkerOptions {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** Id of this process; new at every start. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** False: the database is ours alone, so any other worker is dead and nobody needs to hear that we live. */
  readonly shared: boolean;
}

/** A session that was ended because its server is gone. */
export interface ReapedSession {
  readonly id: string;
  /** What was written down last of its calls. */
  readonly state: SessionState | null;
}

/** How sessions of a dead worker end. */
export interface ReapedEnd {
  readonly outcome: string;
  readonly line: SessionLogInfo;
}

const HEARTBEAT_MS = 1_000;
const MOST_PER_REAP = 500;

/** This process as the others see it, and what becomes of the sessions of processes that are gone. Time is the database's. */
export class Workers {
  readonly #options: WorkerOptions;
  #draining = false;
  #timer: Timer | undefined;
  #beating: Promise<void> = Promise.resolve();
  #missed = 0;
  #closed = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Id of this process, as `session.owner` has it. */
  get id(): string {
    return this.#options.id;
  }

  /** Registers this process and, where others share the database, begins to renew its lease of 5 s every second. */
  async start(): Promise<void> {
    const { sql, id, host, pid, version } = this.#options;
    await sql`
      insert into worker (id, host, pid, version, lease_until)
      values (${id}, ${host}, ${pid}, ${version}, clock_timestamp() + interval '5 seconds')`;
    if (this.#options.shared) this.#schedule();
  }

  /** Whether this is the oldest of the processes that share the database, are alive and do not stop: what one of them is to do, it does. */
  async isOldest(): Promise<boolean> {
    const { sql, id, shared } = this.#options;
    if (!shared) return true;
    const [oldest] = await sql<{ id: string }[]>`
      select id from worker where lease_until > clock_timestamp() and not draining order by started_at, id limit 1`;
    return oldest?.id === id;
  }

  /** Tells the others that this process takes no new calls. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#beat();
  }

  /**
   * Ends live sessions of workers that are dead: whose lease is over or, in a database of our own, all but this one. At most 500
   * at a time. Answers them. Call it at the start until it answers none, and from time to time where others share the database.
   */
  async reapSessions(end: ReapedEnd): Promise<ReapedSession[]> {
    const { sql, id, clock, shared } = this.#options;
    const at = new Date(clock.now()).toISOString();
    const dead = shared
      ? sql`not exists (select 1 from worker w where w.id = s.owner and w.lease_until > clock_timestamp())`
      : sql`s.owner <> ${id}::uuid`;
    const rows = await sql<ReapedSession[]>`
      with dead as (
        select s.id from session s where s.ended_at is null and s.owner <> ${id}::uuid and ${dead}
        limit ${MOST_PER_REAP} for update skip locked
      ), ended as (
        update session s set epoch = s.epoch + 1, owner = ${id}::uuid, call_state = 'Disconnected', outcome = ${end.outcome},
          ended_at = ${at}::text::timestamptz, modified_at = ${at}::text::timestamptz
        from dead where s.id = dead.id returning s.id, s.epoch, s.state
      ), logged as (
        insert into session_log (session_id, epoch, chunk, entries)
        select id, epoch, -1, ${toJsonText([end.line])}::text::jsonb from ended
      )
      select id, state from ended`;
    if (rows.length === 0) await this.#forgetDead();
    return [...rows];
  }

  /** Ends the lease, so that others need not wait for it. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    await this.#beating;
    await this.#options.sql`delete from worker where id = ${this.#options.id}`.catch(() => undefined);
  }

  async #forgetDead(): Promise<void> {
    const { sql, id, shared } = this.#options;
    if (shared) await sql`delete from worker where lease_until < clock_timestamp() - interval '1 minute'`;
    else await sql`delete from worker where id <> ${id}`;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#beating = this.#beat().then(() => this.#schedule());
    });
  }

  async #beat(): Promise<void> {
    const { sql, id, host, pid, version, log } = this.#options;
    try {
      // An insert as well, in case a process that saw our lease run out has removed the row.
      await sql`
        insert into worker (id, host, pid, version, draining, lease_until)
        values (${id}, ${host}, ${pid}, ${version}, ${this.#draining}, clock_timestamp() + interval '5 seconds')
        on conflict (id) do update set lease_until = excluded.lease_until, draining = excluded.draining`;
      this.#missed = 0;
    } catch (error) {
      if (this.#missed++ === 0) log.warn({ err: withoutValues(error) }, 'The lease of this process could not be renewed');
    }
  }
}
