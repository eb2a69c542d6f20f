import { createHash } from 'node:crypto';
import type { SessionInfo } from '../contracts/sessions.ts';
import { type Clock, sleep } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { KeyedSession, SessionReader } from '../store/session-reader.ts';
import type { KeyedRequest } from '../store/session-rows.ts';
import type { SessionSchedule } from '../store/session-schedule.ts';
import type { SessionStore } from '../store/session-store.ts';
import { isDuplicate } from '../store/store-error.ts';
import { createdSession } from './created-session.ts';

export interface KeyedRequestsOptions {
  /** Id of this process, as sessions name their owner. */
  readonly owner: string;
  readonly store: Pick<SessionStore, 'settled'>;
  readonly reader: Pick<SessionReader, 'findKeyed'>;
  readonly schedule: Pick<SessionSchedule, 'keep'>;
  readonly clock: Clock;
}

/** A request of a login that carries an Idempotency-Key. */
export interface RequestToKey {
  readonly loginId: string;
  readonly key: string;
  /** Name of the operation. */
  readonly operation: string;
  readonly request: object;
}

interface UnderWay {
  readonly hash: string;
  readonly answer: Promise<SessionInfo>;
}

/**
 * How long to wait for a sign of life of a session that another server has just created: it writes one within 250 ms of the INVITE. If
 * there is none, its server may not know that the session was written, and may have refused it.
 */
const LOOKS_MS = [50, 150, 300, 500];
const RETRY_SECONDS = 2;
/** 1 to 255 visible ASCII characters, and of a request in a batch its place there. */
const KEY = /^[\x21-\x7e]{1,255}(?:#\d{1,7})?$/;

/**
 * Requests that place a call once, however often they are sent: the same key of the same login names the same session. The database
 * decides, by a unique index; so it holds for servers that share it, after a restart, and when the answer got lost. A request that
 * was refused leaves nothing behind, and runs when it is sent again; where another server may still refuse it, nobody is told that it
 * was placed.
 */
export class KeyedRequests {
  readonly #options: KeyedRequestsOptions;
  readonly #underWay = new Map<string, UnderWay>();
  readonly #stopping = new AbortController();

  constructor(options: KeyedRequestsOptions) {
    this.#options = options;
  }

  /**
   * Answers the session of the key. Runs `place`, which writes the key with its session, when there is none.
   * @throws AppError INVALID_REQUEST for a key that cannot be one; IDEMPOTENCY_KEY_USED; REQUEST_UNDER_WAY; what `place` throws, also to who asks meanwhile
   */
  async once(asked: RequestToKey, place: (keyed: KeyedRequest) => Promise<SessionInfo>): Promise<SessionInfo> {
    const { loginId, key } = asked;
    if (!KEY.test(key)) throw new AppError('INVALID_REQUEST', { reason: 'Idempotency-Key has 1 to 255 visible ASCII characters.' });
    const keyed = { loginId, key, hash: hashOf(asked) };
    const name = `${loginId} ${key}`;
    const other = this.#underWay.get(name);
    if (other) return checked(other.hash, keyed.hash, other.answer);
    const answer = this.#run(keyed, place).finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, { hash: keyed.hash, answer });
    return answer;
  }

  /** Waits for other servers no longer. Idempotent. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(keyed: KeyedRequest, place: (keyed: KeyedRequest) => Promise<SessionInfo>): Promise<SessionInfo> {
    const before = await this.#find(keyed);
    if (before) return before;
    try {
      return await place(keyed);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    // Another server was quicker.
    const theirs = await this.#find(keyed);
    if (!theirs) throw underWay();
    return theirs;
  }

  async #find(keyed: KeyedRequest): Promise<SessionInfo | undefined> {
    const { store, reader } = this.#options;
    // A session that was refused to its caller must not be found by it.
    await store.settled();
    for (const waitMs of [...LOOKS_MS, undefined]) {
      const found = await reader.findKeyed(keyed.loginId, keyed.key);
      if (!found) return undefined;
      checked(found.row.extras?.keyed?.hash, keyed.hash, found);
      if (await this.#isCertain(found)) return createdSession(found.row);
      if (waitMs === undefined || !(await this.#waited(waitMs))) break;
    }
    throw underWay();
  }

  /** Answers false when this server stops. */
  #waited(waitMs: number): Promise<boolean> {
    return sleep(this.#options.clock, waitMs, this.#stopping.signal).then(
      () => true,
      () => false,
    );
  }

  /** Whether the server that has created the session can refuse it no more. */
  async #isCertain({ row, wentOn }: KeyedSession): Promise<boolean> {
    const { owner, schedule, clock } = this.#options;
    if (wentOn || row.owner === owner) return true;
    return row.owner === undefined && (await schedule.keep(row.id, clock.now()));
  }
}

function underWay(): AppError {
  return new AppError('REQUEST_UNDER_WAY', { seconds: RETRY_SECONDS }, { retryAfterSeconds: RETRY_SECONDS });
}

function checked<Answer>(theirs: string | undefined, ours: string, answer: Answer): Answer {
  if (theirs !== ours) throw new AppError('IDEMPOTENCY_KEY_USED', {});
  return answer;
}

/** The same for two requests that mean the same, in whatever order and format their members came. */
function hashOf({ operation, request }: RequestToKey): string {
  return createHash('sha256')
    .update(JSON.stringify([operation, request], inOrder))
    .digest('base64url');
}

function inOrder(_name: string, part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
}
