import type { ConferenceDoor, ConferenceOrder, ConferenceResult } from '../flow/conference.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import type { ConferenceMember } from './conference-member.ts';
import type { Conferences } from './conferences.ts';

export interface SessionConferenceParts {
  readonly accountId: string;
  readonly conferences: Pick<Conferences, 'find'>;
  readonly clock: Clock;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  /** What `state` says has changed. */
  readonly onChanged: () => void;
}

/** A key is waited for so long at a time. */
const KEY_WAIT_MS = 3_600_000;

/** What a session does in conferences: one at a time, several in turn. */
export class SessionConference implements ConferenceDoor {
  readonly #call: AnsweredCall;
  readonly #parts: SessionConferenceParts;
  #member: ConferenceMember | undefined;

  constructor(call: AnsweredCall, parts: SessionConferenceParts) {
    this.#call = call;
    this.#parts = parts;
  }

  /** The id of the conference that the call is in. */
  get sid(): string | undefined {
    return this.#member?.sid;
  }

  async join(order: ConferenceOrder, signal: AbortSignal): Promise<ConferenceResult> {
    signal.throwIfAborted();
    const { accountId, conferences, clock, note, onChanged } = this.#parts;
    const beganMs = clock.now();
    const called = order.name === undefined ? 'a conference' : `the conference ${order.name}`;
    const conference = conferences.find(accountId, order.name);
    const member = conference.enter(this.#call, order);
    if (!member) {
      note(`There is no room in ${called}: it has ${conference.members} members`);
      return { status: 'Full', stayedMs: 0 };
    }
    this.#member = member;
    note(member.talks ? `Joined ${called}, ${conference.members} members` : `Waits for a moderator of ${called}`);
    onChanged();
    const leaving = new AbortController();
    const onAbort = (): void => member.leave();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      void this.#leaveByKey(order.leaveKeys, member, leaving.signal);
      const status = await member.over;
      signal.throwIfAborted();
      return { status, sid: member.sid, stayedMs: clock.now() - beganMs };
    } finally {
      signal.removeEventListener('abort', onAbort);
      leaving.abort();
      this.#member = undefined;
      note(`Left ${called}`);
      onChanged();
    }
  }

  /** Never rejects. */
  async #leaveByKey(keys: string, member: ConferenceMember, signal: AbortSignal): Promise<void> {
    if (keys === '') return;
    const rules = { max: 1, terminators: '', firstMs: KEY_WAIT_MS, betweenMs: KEY_WAIT_MS };
    try {
      for (;;) {
        const { digits } = await this.#call.collect(rules, signal);
        if (digits !== '' && keys.includes(digits)) break;
      }
      member.leave();
    } catch {
      // The call has left the conference, or is over.
    }
  }
}
