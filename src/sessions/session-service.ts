import type { PlaceCall } from '../contracts/calls.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { ListSessions, NewOutgoingSession, SessionInfo } from '../contracts/sessions.ts';
import { mayAccess, type Principal } from '../directory/principal.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { Changes } from '../store/changes.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { SessionReader } from '../store/session-reader.ts';
import type { KeyedRequest, NewSessionRow, SessionExtras, SessionPlan, StoredCallback } from '../store/session-rows.ts';
import type { SessionSchedule } from '../store/session-schedule.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { IncomingCall, Telephony } from '../telephony/port.ts';
import type { CallTime } from './call-time.ts';
import type { PartyDirectory } from './called-parties.ts';
import { ConferenceOperations } from './conference-operations.ts';
import { createdSession } from './created-session.ts';
import { IncomingCalls, type IncomingCallsOptions } from './incoming-calls.ts';
import type { IncomingDirectory } from './incoming-plan.ts';
import { KeyedRequests } from './keyed-requests.ts';
import { LiveCalls, type LiveCallsOptions } from './live-calls.ts';
import { LiveOperations } from './live-operations.ts';
import type { LiveSession } from './live-session.ts';
import { noSuchCall } from './no-such-call.ts';
import { type OutgoingDirectory, type OutgoingPlan, planOutgoing } from './outgoing-plan.ts';
import { sealCallback } from './sealed-callback.ts';
import type { SessionJournal } from './session-history.ts';
import type { SessionQueries } from './session-queries.ts';
import { WaitingCalls } from './waiting-calls.ts';

export interface SessionServiceOptions extends Omit<LiveCallsOptions, 'onFreed'> {
  /** Id of this process, as sessions name their owner. */
  readonly owner: string;
  readonly telephony: Telephony;
  readonly store: Pick<SessionStore, 'create' | 'settled'>;
  readonly reader: Pick<SessionReader, 'findKeyed'>;
  readonly schedule: Pick<SessionSchedule, 'due' | 'nextDueMs' | 'claim' | 'giveBack' | 'end' | 'announce' | 'keep'>;
  readonly changes: Pick<Changes, 'subscribe'>;
  readonly journal: SessionJournal;
  readonly queries: Pick<SessionQueries, 'find' | 'list'>;
  readonly directory: OutgoingDirectory & IncomingDirectory & PartyDirectory;
  /** Encrypts what must not be readable in the database. */
  readonly box: SecretBox;
  readonly refusals: IncomingCallsOptions['refusals'];
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_SECONDS = 5;
const ENDED_BY_REQUEST = 'Ended by request';

/** Sessions: creates them, now or for later, carries those of this process, and ends them. */
export class SessionService {
  readonly #options: SessionServiceOptions;
  readonly #calls: LiveCalls;
  readonly #waiting: WaitingCalls;
  readonly #incoming: IncomingCalls;
  readonly #keyed: KeyedRequests;
  /** What may be done with sessions whose call is on. */
  readonly live: LiveOperations;
  /** What may be done with those in conferences. */
  readonly conferences: ConferenceOperations;
  #draining = false;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
    this.#calls = new LiveCalls({ ...options, onFreed: () => this.#waiting.freed() });
    this.#waiting = new WaitingCalls({ ...options, calls: this.#calls });
    this.#incoming = new IncomingCalls({ ...options, calls: this.#calls });
    this.#keyed = new KeyedRequests(options);
    this.live = new LiveOperations({ ...options, calls: this.#calls });
    this.conferences = new ConferenceOperations({ ...options, live: this.live });
    options.changes.subscribe((change) => {
      if (!change || change.kind === 'session') this.#waiting.heard();
    });
  }

  /** Begins to dial calls that wait for their time. */
  start(): void {
    this.#waiting.start();
  }

  /** Whether new calls are refused because the server is about to stop. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Sessions that this process carries. */
  get liveSessions(): number {
    return this.#calls.size;
  }

  /** As `place`, with a saved flow, and nothing else than number and caller ID. */
  createOutgoing(principal: Principal, request: RequestOf<typeof NewOutgoingSession>, key?: string): Promise<SessionInfo> {
    return this.#once(principal, 'NewOutgoingSession', request, key);
  }

  /**
   * Places a call on which the flow runs the moment it is answered. Resolves when the session is on disk and the INVITE is on its way;
   * for a call that is to be dialled later, when it is on disk.
   * @param key The `Idempotency-Key`: the same key of the same login is one call, and has one answer.
   * @throws AppError of `planOutgoing`; NO_CAPACITY, SHUTTING_DOWN, STORE_UNAVAILABLE, and those of `KeyedRequests`. A request that is
   * refused leaves no session.
   */
  place(principal: Principal, request: RequestOf<typeof PlaceCall>, key?: string): Promise<SessionInfo> {
    return this.#once(principal, 'PlaceCall', request, key);
  }

  /** Takes a call that comes in, or refuses it. Never throws. */
  incoming(call: IncomingCall): void {
    this.#incoming.take(call);
  }

  #once(principal: Principal, operation: string, request: RequestOf<typeof PlaceCall>, key: string | undefined): Promise<SessionInfo> {
    if (key === undefined) return this.#place(principal, request);
    const asked = { loginId: principal.userId, key, operation, request };
    return this.#keyed.once(asked, (keyed) => this.#place(principal, request, keyed));
  }

  async #place(principal: Principal, request: RequestOf<typeof PlaceCall>, keyed?: KeyedRequest): Promise<SessionInfo> {
    const { directory, random, callbacks, clock, schedule, log } = this.#options;
    if (this.#draining) throw shuttingDown();
    const plan = await planOutgoing(principal, request, directory, { random, callbacks, nowMs: clock.now() });
    const nowMs = clock.now();
    const { notBeforeMs } = plan;
    if (notBeforeMs === undefined || notBeforeMs <= nowMs) return this.#placeNow(this.#newRow(principal, plan, nowMs, keyed), plan);
    const row = this.#newRow(principal, plan, nowMs, keyed, notBeforeMs);
    await this.#options.store.create(row);
    this.#waiting.expect(notBeforeMs);
    schedule.announce(row.id).catch((error: unknown) => log.warn({ err: error }, 'Other servers were not told of a call for later'));
    return createdSession(row);
  }

  async #placeNow(planned: NewSessionRow, plan: OutgoingPlan): Promise<SessionInfo> {
    const reservation = await this.#calls.reserve(plan.trunks);
    const row: NewSessionRow = { ...planned, owner: this.#options.owner, trunkId: reservation.trunk.trunkId };
    const call = this.#calls.add(row, plan, reservation);
    try {
      if (this.#draining) throw shuttingDown();
      await this.#options.store.create(row);
    } catch (error) {
      await call.abandon();
      throw error;
    }
    call.dial();
    return createdSession(row);
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
   * Hangs up, or cancels a call that waits for its time. Resolves when the call is over; a session that is over already stays as it is.
   * @param callSid The SIP Call-ID of the one call of the session to end, which is over then. The session ends with its own only.
   * @throws AppError NOT_FOUND; CONFLICT for a call that another server carries; INVALID_MEMBER for a `callSid` of no call of the session
   */
  async end(principal: Principal, sessionId: string, callSid?: string): Promise<void> {
    const call = this.#calls.get(sessionId);
    // A call can be ended while the database is away.
    if (call && mayAccess(principal, call.accountId)) return endOf(call, callSid);
    const { info, owner } = await this.#options.queries.find(principal, sessionId);
    if (info.ended) {
      const known = [info.callSid, ...(info.partyReports ?? []).map((report) => report.callSid)];
      if (callSid && !known.includes(callSid)) throw noSuchCall();
      return;
    }
    if (owner === undefined) {
      // It is not dialled yet.
      if (callSid) throw noSuchCall();
      const cancelled = await this.#waiting.end([info.id ?? ''], { outcome: 'Cancelled', message: ENDED_BY_REQUEST });
      // Else it has just been dialled, or is over.
      return cancelled > 0 ? undefined : this.end(principal, sessionId);
    }
    const dialled = this.#calls.get(sessionId);
    if (!dialled) throw new AppError('CONFLICT', { reason: 'Another server carries this call. Send the request to that server.' });
    return endOf(dialled, callSid);
  }

  /** Other processes own these sessions now: hangs up what is left of them here. */
  abandon(sessionIds: readonly string[]): void {
    for (const id of sessionIds) void this.#calls.get(id)?.end('ServerLost', 'Another server owns this session');
  }

  /**
   * Refuses new calls from this moment, lets running ones and what follows them go on for `drainMs`, and ends what is left then.
   * Calls that wait for their time are left to other servers, or to the next start. Idempotent.
   */
  async stop(drainMs: number): Promise<void> {
    this.#draining = true;
    this.#incoming.stop();
    this.#keyed.stop();
    await this.#waiting.stop();
    await this.#calls.stop(drainMs);
  }

  #newRow(
    principal: Principal,
    plan: OutgoingPlan & CallTime,
    createdAtMs: number,
    keyed: KeyedRequest | undefined,
    dueAtMs?: number,
  ): NewSessionRow {
    const { clock, random, box } = this.#options;
    const { compiled, own } = plan.flow;
    const id = newId(clock, random);
    const callback = plan.options.statusCallback;
    const extras = extrasOf(plan, callback && sealCallback(box, id, callback), keyed, dueAtMs);
    return {
      id,
      accountId: plan.accountId,
      endpointId: plan.callerId.endpointId,
      ...(own === undefined && { flowId: compiled.flowId, flowVersion: compiled.version }),
      ...(plan.trunkId !== undefined && { trunkId: plan.trunkId }),
      direction: 'outbound',
      toAddress: plan.to,
      fromAddress: plan.callerId.e164,
      callState: dueAtMs === undefined ? 'Ringing' : 'Disconnected',
      createdBy: principal.emailAddress,
      createdAtMs,
      ...(extras && { extras }),
    };
  }
}

function endOf(call: LiveSession, callSid: string | undefined): Promise<void> {
  return callSid ? call.endCall(callSid, 'Cancelled', ENDED_BY_REQUEST) : call.end('Cancelled', ENDED_BY_REQUEST);
}

/** Undefined for a call that has nothing of the kind, as most have. */
function extrasOf(
  plan: OutgoingPlan & CallTime,
  statusCallback: StoredCallback | undefined,
  keyed: KeyedRequest | undefined,
  dueAtMs: number | undefined,
): SessionExtras | undefined {
  const { notBeforeMs, expiresAtMs, trunkId, flow } = plan;
  const { metadata, statusCallback: _shown, ...others } = plan.options;
  const options = { ...others, ...(statusCallback && { statusCallback }) };
  const stored: SessionPlan = {
    ...(Object.keys(options).length > 0 && { options }),
    ...(flow.own && { flow: flow.own }),
    ...(trunkId !== undefined && { trunkId }),
  };
  const extras: SessionExtras = {
    ...(metadata && { metadata }),
    ...(Object.keys(stored).length > 0 && { plan: stored }),
    ...(notBeforeMs !== undefined && { notBeforeMs }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(dueAtMs !== undefined && { dueAtMs }),
    ...(keyed && { keyed }),
  };
  return Object.keys(extras).length > 0 ? extras : undefined;
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', { seconds: RETRY_SECONDS }, { retryAfterSeconds: RETRY_SECONDS });
}
