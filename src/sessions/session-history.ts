import type { SessionInfo, SessionLogInfo } from '../contracts/sessions.ts';
import type { Clock } from '../kernel/clock.ts';
import { type ConferenceState, FIRST_EPOCH, type NewSessionRow, type SessionPatch, type StoredHold } from '../store/session-rows.ts';
import { createdSession } from './created-session.ts';

/** Where a session writes what happens to it. */
export interface SessionJournal {
  change(sessionId: string, epoch: number, patch: SessionPatch): void;
  log(sessionId: string, epoch: number, lines: readonly { date: string; message: string }[]): void;
}

/** Lines of the log that are kept here, the last ones; the journal has them all. */
const MOST_LINES = 200;

/** What happens to one session: written to the journal, and kept as the API shows it. */
export class SessionHistory {
  readonly #row: NewSessionRow;
  readonly #journal: SessionJournal;
  readonly #clock: Clock;
  readonly #log: SessionLogInfo[] = [];
  #patch: SessionPatch = {};
  #modifiedAtMs: number | undefined;

  constructor(row: NewSessionRow, journal: SessionJournal, clock: Clock) {
    this.#row = row;
    this.#journal = journal;
    this.#clock = clock;
  }

  /** The session as it is now; of its log, the last 200 lines. */
  get info(): SessionInfo {
    const {
      callState = 'Ringing',
      callSid,
      trunkId = this.#row.trunkId,
      answeredAtMs,
      endedAtMs,
      outcome,
      sipCause,
      mediaReport,
      partyReports,
      conference,
      hold,
    } = this.#patch;
    const ended = endedAtMs !== undefined;
    return {
      ...createdSession(this.#row),
      ...(trunkId !== undefined && { trunkId }),
      dialState: ended ? 'None' : 'Active',
      callState,
      queueState: 'None',
      ended,
      ...(hold && !ended && shownHold(hold)),
      ...(this.#modifiedAtMs !== undefined && { dateLastModified: isoOf(this.#modifiedAtMs) }),
      ...(callSid !== undefined && { callSid }),
      ...(answeredAtMs !== undefined && { dateAnswered: isoOf(answeredAtMs) }),
      ...(ended && { dateCompleted: isoOf(endedAtMs) }),
      ...(outcome !== undefined && { outcome }),
      ...(sipCause !== undefined && { sipCause }),
      ...(conference && !ended && conferenceMembers(conference)),
      ...(mediaReport !== undefined && { mediaReport }),
      ...(partyReports && { partyReports: [...partyReports] }),
      log: [...this.#log],
    };
  }

  change(patch: SessionPatch): void {
    this.#modifiedAtMs = this.#clock.now();
    this.#patch = { ...this.#patch, ...patch };
    this.#journal.change(this.#row.id, FIRST_EPOCH, patch);
  }

  line(message: string): void {
    this.#modifiedAtMs = this.#clock.now();
    const line = { date: isoOf(this.#modifiedAtMs), message };
    if (this.#log.length === MOST_LINES) this.#log.shift();
    this.#log.push(line);
    this.#journal.log(this.#row.id, FIRST_EPOCH, [line]);
  }
}

function conferenceMembers({ sid, members }: ConferenceState): Pick<SessionInfo, 'conferenceSid' | 'members'> {
  return { conferenceSid: sid, members: [...members] };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function shownHold({ reason, byUserId }: StoredHold): Pick<SessionInfo, 'holdReason' | 'heldByUserId'> {
  return { holdReason: reason, ...(byUserId !== undefined && { heldByUserId: byUserId }) };
}
