import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { ListSessions, NewOutgoingSession, SessionInfo } from '../contracts/sessions.ts';
import { mayAccess, type Principal } from '../directory/principal.ts';
import type { Trunk } from '../directory/trunks.ts';
import { type Clock, sleep } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { CallSlot, DialRequest, Telephony } from '../telephony/port.ts';
import { FlowRun, type FlowRunParts } from './flow-run.ts';
import { LiveSession, type SessionJournal } from './live-session.ts';
import { type OutgoingDirectory, type OutgoingPlan, planOutgoing } from './outgoing-plan.ts';
import type { SessionQueries } from './session-queries.ts';
import { type Channel, TrunkLimits } from './trunk-limits.ts';

export interface SessionServiceOptions {
  /** Id of this process, as sessions name their owner. */
  readonly owner: string;
  readonly telephony: Telephony;
  readonly store: Pick<SessionStore, 'create'>;
  readonly journal: SessionJournal;
  readonly queries: Pick<SessionQueries, 'find' | 'list'>;
  readonly directory: OutgoingDirectory;
  /** What the flows of a session work with. */
  readonly flowParts: (row: NewSessionRow, plan: OutgoingPlan) => Omit<FlowRunParts, 'stopping'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const RETRY_SECONDS = 5;

/** Sessions: creates them, carries those of this process, and ends them. */
export class SessionService {
  readonly #options: SessionServiceOptions;
  readonly #limits: TrunkLimits;
  readonly #live = new Map<string, LiveSession>();
  /** Aborted when the time for running calls is over: ends what follows a call. */
  readonly #stopping = new AbortController();
  #draining = false;
  /** Resolves the wait of `stop` when the last session is over. */
  #onIdle: () => void = () => {};

  constructor(options: SessionServiceOptions) {
    this.#options = options;
    this.#limits = new TrunkLimits(options.clock);
  }

  /** Whether new calls are refused because the server is about to stop. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Sessions that this process carries. */
  get liveSessions(): number {
    return this.#live.size;
  }

  /**
   * Places a call on which the flow runs the moment it is answered. Resolves when the session is on disk and the INVITE is on its way.
   * @throws AppError of `planOutgoing`; NO_CAPACITY, SHUTTING_DOWN, STORE_UNAVAILABLE. A request that is refused leaves no session.
   */
  async createOutgoing(principal: Principal, request: RequestOf<typeof NewOutgoingSession>): Promise<SessionInfo> {
    const { directory, random, telephony } = this.#options;
    if (this.#draining) throw shuttingDown();
    const plan = await planOutgoing(principal, request, directory, random);
    const { trunk, channel } = this.#takeChannel(plan.trunks);
    let slot: CallSlot | undefined;
    let session: LiveSession | undefined;
    try {
      slot = await telephony.reserve();
      // From here on `stop` knows of the session.
      if (this.#draining) throw shuttingDown();
      const row = this.#newRow(principal, plan, trunk);
      session = this.#newSession(row, plan, channel);
      await this.#options.store.create(row);
      session.attach(slot.dial(dialRequest(row, trunk), session));
      return session.created;
    } catch (error) {
      channel.release();
      await slot?.release();
      if (session) this.#forget(session);
      session?.abandon();
      throw error;
    }
  }

  /** @throws AppError NOT_FOUND */
  async get(principal: Principal, sessionId: string): Promise<SessionInfo> {
    return (await this.#options.queries.find(principal, sessionId)).info;
  }

  /** @throws AppError INVALID_MEMBER */
  list(principal: Principal, request: RequestOf<typeof ListSessions>): Promise<Page<SessionInfo>> {
    return this.#options.queries.list(principal, request);
  }

  /**
   * Hangs up. Resolves when the call is over; a session that is over already stays as it is.
   * @throws AppError NOT_FOUND; CONFLICT for a call that another server carries
   */
  async end(principal: Principal, sessionId: string): Promise<void> {
    const session = this.#live.get(sessionId);
    // A call can be ended while the database is away.
    if (session && mayAccess(principal, session.accountId)) return session.end('Cancelled', 'Ended by request');
    const { info } = await this.#options.queries.find(principal, sessionId);
    if (!info.ended) throw new AppError('CONFLICT', { reason: 'Another server carries this call. Send the request to that server.' });
  }

  /** Other processes own these sessions now: hangs up what is left of them here. */
  abandon(sessionIds: readonly string[]): void {
    for (const id of sessionIds) void this.#live.get(id)?.end('ServerLost', 'Another server owns this session');
  }

  /**
   * Refuses new calls from this moment, lets running ones and what follows them go on for `drainMs`, and ends what is left then.
   * Idempotent.
   */
  async stop(drainMs: number): Promise<void> {
    const { clock } = this.#options;
    this.#draining = true;
    const drained = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#live.size === 0) resolve();
    });
    await Promise.race([idle, sleep(clock, drainMs, drained.signal).catch(() => undefined)]);
    drained.abort();
    this.#stopping.abort(new DOMException('The server stops', 'AbortError'));
    await Promise.all([...this.#live.values()].map((session) => session.end('ServerShutDown', 'The server is shutting down')));
  }

  #takeChannel(trunks: readonly Trunk[]): { trunk: Trunk; channel: Channel } {
    let waitMs = Number.POSITIVE_INFINITY;
    for (const trunk of trunks) {
      const taken = this.#limits.take(trunk);
      if ('release' in taken) return { trunk, channel: taken };
      waitMs = Math.min(waitMs, taken.waitMs);
    }
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    throw new AppError(
      'NO_CAPACITY',
      { limit: 'the SIP trunks of the account take no more calls', seconds },
      { retryAfterSeconds: seconds },
    );
  }

  #newRow(principal: Principal, plan: OutgoingPlan, trunk: Trunk): NewSessionRow {
    const { clock, random, owner } = this.#options;
    return {
      id: newId(clock, random),
      accountId: plan.flow.accountId,
      endpointId: plan.callerId.endpointId,
      flowId: plan.flow.flowId,
      flowVersion: plan.flow.version,
      trunkId: trunk.trunkId,
      direction: 'outbound',
      toAddress: plan.to,
      fromAddress: plan.callerId.e164,
      owner,
      callState: 'Ringing',
      createdBy: principal.emailAddress,
      createdAtMs: clock.now(),
    };
  }

  #newSession(row: NewSessionRow, plan: OutgoingPlan, channel: Channel): LiveSession {
    const { journal, clock, log, flowParts } = this.#options;
    const session: LiveSession = new LiveSession({
      row,
      channel,
      journal,
      clock,
      log,
      newRun: (observer) => new FlowRun({ ...flowParts(row, plan), stopping: this.#stopping.signal }, observer),
      onOver: () => this.#forget(session),
    });
    this.#live.set(row.id, session);
    return session;
  }

  #forget(session: LiveSession): void {
    this.#live.delete(session.id);
    if (this.#live.size === 0) this.#onIdle();
  }
}

function dialRequest(row: NewSessionRow, trunk: Trunk): DialRequest {
  const { host, port, transport, userName, password } = trunk;
  return {
    legId: row.id,
    to: row.toAddress,
    from: row.fromAddress,
    trunk: { host, port, transport, ...(userName !== undefined && { userName }), ...(password !== undefined && { password }) },
    ringTimeoutMs: trunk.ringTimeoutMs,
  };
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', { seconds: RETRY_SECONDS }, { retryAfterSeconds: RETRY_SECONDS });
}
