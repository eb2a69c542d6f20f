import { createHash } from 'node:crypto';
import type { SessionInfo } from '../contracts/sessions.ts';
import { AppError } from '../kernel/errors.ts';
import type { SessionReader } from '../store/session-reader.ts';
import type { KeyedRequest, NewSessionRow } from '../store/session-rows.ts';
import type { SessionStore } from '../store/session-store.ts';
import { isDuplicate, unavailable } from '../store/store-error.ts';
import { createdSession } from './created-session.ts';

export interface KeyedRequestsOptions {
  readonly store: Pick<SessionStore, 'settled'>;
  readonly reader: Pick<SessionReader, 'findKeyed'>;
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

/** 1 to 255 visible ASCII characters, and of a request in a batch its place there. */
const KEY = /^[\x21-\x7e]{1,255}(?:#\d{1,7})?$/;

/**
 * Requests that place a call once, however often they are sent: the same key of the same login names the same session. The database
 * decides, by a unique index; so it holds for servers that share it, after a restart, and when the answer got lost. A request that
 * was refused leaves nothing behind, and runs when it is sent again.
 */
export class KeyedRequests {
  readonly #options: KeyedRequestsOptions;
  readonly #underWay = new Map<string, UnderWay>();

  constructor(options: KeyedRequestsOptions) {
    this.#options = options;
  }

  /**
   * Answers the session of the key. Runs `place`, which writes the key with its session, when there is none.
   * @throws AppError INVALID_REQUEST for a key that cannot be one; IDEMPOTENCY_KEY_USED; what `place` throws, also to who asks meanwhile
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

  async #run(keyed: KeyedRequest, place: (keyed: KeyedRequest) => Promise<SessionInfo>): Promise<SessionInfo> {
    const before = await this.#find(keyed);
    if (before) return createdSession(before);
    try {
      return await place(keyed);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    // Another server was quicker.
    const theirs = await this.#find(keyed);
    if (!theirs) throw unavailable();
    return createdSession(theirs);
  }

  async #find({ loginId, key, hash }: KeyedRequest): Promise<NewSessionRow | undefined> {
    // A session that was refused to its caller must not be found by it.
    await this.#options.store.settled();
    const found = await this.#options.reader.findKeyed(loginId, key);
    return found && checked(found.extras?.keyed?.hash, hash, found);
  }
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
