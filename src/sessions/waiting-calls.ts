import type { CallbackSender } from '../callbacks/callback-sender.ts';
import type { SessionInfo } from '../contracts/sessions.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import type { SessionSchedule } from '../store/session-schedule.ts';
import type { Reservation } from './call-attempts.ts';
import { givenUpAtMs } from './call-time.ts';
import { createdSession } from './created-session.ts';
import type { LiveCalls } from './live-calls.ts';
import type { OutgoingDirectory, OutgoingPlan } from './outgoing-plan.ts';
import { openCallback } from './sealed-callback.ts';
import { type CannotBePlaced, planWaiting } from './waiting-plan.ts';

export interface WaitingCallsOptions {
  /** Id of this process, as sessions name their owner. */
  readonly owner: string;
  readonly schedule: Pick<SessionSchedule, 'due' | 'nextDueMs' | 'claim' | 'giveBack' | 'end'>;
  /** Where the events of calls go. */
  readonly callbacks: Pick<CallbackSender, 'open'>;
  readonly calls: Pick<LiveCalls, 'reserve' | 'release' | 'add'>;
  readonly directory: OutgoingDirectory;
  /** Opens the addresses of status callbacks. */
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A call that has everything it needs, but does not belong to this process yet. */
interface Ready {
  readonly row: NewSessionRow;
  readonly plan: OutgoingPlan;
  readonly reservation: Reservation;
}

/** A call for which no trunk has room. */
interface NoChannel {
  readonly waitMs: number;
  /** Others of the account, or for the trunk that it must use, need not be tried either. */
  readonly byAnyTrunk: boolean;
}

const MOST_AT_ONCE = 100;
/** Calls that may be passed over in one round because the trunks for their numbers are full. */
const MOST_PASSED_OVER = 1_000;
/** How often this process looks at what others may have put into the database. */
const LOOK_MS = 30_000;
/** How often calls that found no channel, or a database that is away, are tried again. */
const RETRY_MS = 1_000;
const SHORTEST_RETRY_MS = 100;
/** Others may put in many calls at once: one look serves them. */
const HEARD_MS = 250;

/**
 * Dials the calls that wait for their time. All servers of the database do it: a server first takes channel and port, then claims the
 * session, and dials what it got. So no call is dialled twice, and a server that dies leaves what it has not claimed to the others.
 */
export class WaitingCalls {
  readonly #options: WaitingCallsOptions;
  #timer: Timer | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #round: Promise<void> | undefined;
  #started = false;
  #stopped = false;
  /** A call is due that found no channel. */
  #starved = false;
  #failing = false;
  /** Claims without an answer: they may have been made. */
  #doubtful: readonly string[] = [];

  constructor(options: WaitingCallsOptions) {
    this.#options = options;
  }

  /** Begins to dial what is due, and what becomes due later. */
  start(): void {
    this.#started = true;
    this.#wakeIn(0);
  }

  /** A call that becomes due at this moment has been put in by this process. */
  expect(dueAtMs: number): void {
    this.#wakeIn(dueAtMs - this.#options.clock.now());
  }

  /** Another process may have put in calls. */
  heard(): void {
    this.#wakeIn(HEARD_MS);
  }

  /** A channel has become free. */
  freed(): void {
    if (this.#starved) this.#wakeIn(0);
  }

  /** Ends calls that still wait, and tells those who want to know. Answers how many did. @throws AppError STORE_UNAVAILABLE */
  async end(sessionIds: readonly string[], end: CannotBePlaced): Promise<number> {
    if (sessionIds.length === 0) return 0;
    const { schedule, callbacks, box, clock } = this.#options;
    const nowMs = clock.now();
    const ended = await schedule.end(sessionIds, end, nowMs);
    for (const row of ended) {
      const stored = row.extras?.plan?.options?.statusCallback;
      const receiver = stored && openCallback(box, row.id, stored);
      if (receiver?.events.includes('Completed')) callbacks.open(row.id, receiver.url).tell('Completed', neverDialled(row, end, nowMs));
    }
    return ended.length;
  }

  /** Claims no more calls. Resolves when those that were claimed are being dialled. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#round;
  }

  #wakeIn(delayMs: number): void {
    if (!this.#started || this.#stopped) return;
    const atMs = this.#options.clock.now() + Math.max(0, delayMs);
    if (atMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = atMs;
    // The round under way sets the timer when it is over.
    if (!this.#round) this.#setTimer();
  }

  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(Math.max(0, this.#wakeAtMs - this.#options.clock.now()), () => {
      this.#wakeAtMs = this.#options.clock.now() + LOOK_MS;
      this.#round = this.#look().then(() => {
        this.#round = undefined;
        if (!this.#stopped) this.#setTimer();
      });
    });
  }

  /** Dials what is due and finds out when to look again. Never rejects. */
  async #look(): Promise<void> {
    const { schedule, clock, log } = this.#options;
    const sinceMs = clock.now();
    try {
      await this.#giveBack();
      const retryMs = await this.#dialDue();
      this.#starved = retryMs !== undefined;
      if (retryMs !== undefined) this.#wakeIn(Math.min(RETRY_MS, Math.max(SHORTEST_RETRY_MS, retryMs)));
      const nextMs = await schedule.nextDueMs(sinceMs);
      if (nextMs !== undefined) this.expect(nextMs);
      if (this.#failing) log.info({}, 'Calls that wait for their time are dialled again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) log.error({ err: error }, 'Calls that wait for their time cannot be dialled; they are tried every second');
      this.#failing = true;
      this.#wakeIn(RETRY_MS);
    }
  }

  /** Answers for how long those that found no channel should wait; undefined when there are none. */
  async #dialDue(): Promise<number | undefined> {
    const { schedule, clock } = this.#options;
    const full = new Set<string>();
    let retryMs: number | undefined;
    while (!this.#stopped) {
      const rows = await schedule.due(clock.now(), [...full], MOST_AT_ONCE);
      const lanesBefore = full.size;
      const ready: Ready[] = [];
      const expired: string[] = [];
      let done = 0;
      try {
        for (const row of rows) {
          if (isExpired(row, clock.now())) expired.push(row.id);
          else if (!full.has(laneOf(row))) {
            const result = await this.#makeReady(row);
            if ('reservation' in result) ready.push(result);
            else if ('outcome' in result) done += await this.end([row.id], result);
            else {
              full.add(result.byAnyTrunk ? laneOf(row) : row.id);
              retryMs = Math.min(retryMs ?? RETRY_MS, result.waitMs);
            }
          }
        }
        done += await this.end(expired, { outcome: 'Expired', message: 'Given up: it could not be dialled in its time' });
      } finally {
        done += await this.#dial(ready);
      }
      // What another server has taken meanwhile is no reason to go on: it is at work.
      if (rows.length < MOST_AT_ONCE || (done === 0 && full.size === lanesBefore) || full.size > MOST_PASSED_OVER) break;
    }
    return retryMs;
  }

  async #makeReady(row: NewSessionRow): Promise<Ready | CannotBePlaced | NoChannel> {
    const { calls, directory, box } = this.#options;
    const plan = await planWaiting(row, directory, box);
    if ('outcome' in plan) return plan;
    try {
      return { row, plan, reservation: await calls.reserve(plan.trunks) };
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NO_CAPACITY') throw error;
      return { waitMs: (error.retryAfterSeconds ?? 1) * 1000, byAnyTrunk: plan.byAnyTrunk };
    }
  }

  /** Answers how many were dialled. What another process has claimed meanwhile is left to it. */
  async #dial(ready: readonly Ready[]): Promise<number> {
    const { schedule, calls, clock, owner } = this.#options;
    if (ready.length === 0) return 0;
    const left = new Set(ready);
    try {
      const wanted = ready.map(({ row, reservation }) => ({ id: row.id, trunkId: reservation.trunk.trunkId }));
      this.#doubtful = wanted.map(({ id }) => id);
      const claimed = await schedule.claim(wanted, clock.now());
      this.#doubtful = [];
      for (const one of ready.filter(({ row }) => claimed.has(row.id))) {
        left.delete(one);
        const row: NewSessionRow = { ...one.row, owner, callState: 'Ringing', trunkId: one.reservation.trunk.trunkId };
        calls.add(row, one.plan, one.reservation).dial();
      }
      return claimed.size;
    } finally {
      await Promise.all([...left].map(({ reservation }) => calls.release(reservation)));
    }
  }

  async #giveBack(): Promise<void> {
    if (this.#doubtful.length === 0) return;
    await this.#options.schedule.giveBack(this.#doubtful);
    this.#doubtful = [];
  }
}

function isExpired({ extras, createdAtMs }: NewSessionRow, nowMs: number): boolean {
  return givenUpAtMs(extras?.dueAtMs ?? createdAtMs, extras?.expiresAtMs) <= nowMs;
}

/** Calls that need the same channels: when one finds none, the others need not be tried. */
function laneOf({ accountId, trunkId }: NewSessionRow): string {
  return trunkId ?? accountId;
}

function neverDialled(row: NewSessionRow, { outcome, message }: CannotBePlaced, atMs: number): SessionInfo {
  const date = new Date(atMs).toISOString();
  return {
    ...createdSession(row),
    dateLastModified: date,
    dateCompleted: date,
    queueState: 'None',
    ended: true,
    outcome,
    log: [{ date, message }],
  };
}
