import { toJsonText } from './json-text.ts';
import type { SessionLogInfo, SessionPatch } from './session-rows.ts';

/** What waits to be written of one session. */
export interface Dirty {
  /** Of its place among all that waits: what comes first has the lowest. */
  readonly turn: number;
  readonly epoch: number;
  readonly patch: SessionPatch;
  readonly lines: SessionLogInfo[];
}

/** A row of a batch, as JSON for the database. */
export interface BatchRow {
  readonly id: string;
  readonly epoch: number;
  readonly text: string;
}

/** What goes out in one statement. */
export interface Batch {
  /** Of the chunks of the logs in it. */
  readonly chunk: number;
  /** The lowest of what is in it. */
  readonly turn: number;
  readonly rows: readonly BatchRow[];
  readonly lineCount: number;
}

const MOST_SESSIONS = 500;
/** Characters of JSON: what the event loop makes and sends in less than 2 ms. One row, or one line of it, may be longer than that. */
const MOST_CHARACTERS = 128 * 1024;
/** What a line has besides its message. */
const CHARACTERS_OF_LINE = 64;

/**
 * Takes out of `dirty` what goes out next, from the front. Of a session with more lines than a batch takes only the first lines go; the
 * others keep its place. Its end is written with the last of them, so that nobody sees an ended session without the end of its log.
 */
export function takeBatch(dirty: Map<string, Dirty>, chunk: number): Batch | undefined {
  const rows: BatchRow[] = [];
  let turn: number | undefined;
  let [characters, lineCount] = [0, 0];
  for (const [id, waiting] of dirty) {
    if (rows.length === MOST_SESSIONS || characters >= MOST_CHARACTERS) break;
    turn ??= waiting.turn;
    const { epoch, patch, lines } = waiting;
    const taken = linesWithin(lines, MOST_CHARACTERS - characters);
    const isWhole = taken === lines.length;
    const isLater = !isWhole && patch.endedAtMs !== undefined;
    const columns = toColumns(id, epoch, isLater ? {} : patch, isWhole ? lines : lines.slice(0, taken), chunk);
    const text = toJsonText(columns);
    rows.push({ id, epoch, text });
    characters += text.length;
    lineCount += taken;
    if (isWhole) dirty.delete(id);
    else dirty.set(id, { ...waiting, patch: isLater ? patch : {}, lines: lines.slice(taken) });
    if (!isWhole) break;
  }
  return turn === undefined ? undefined : { chunk, turn, rows, lineCount };
}

/** How many of the lines fit, at least one. */
function linesWithin(lines: readonly SessionLogInfo[], room: number): number {
  let left = room;
  let count = 0;
  for (const { message = '' } of lines) {
    left -= message.length + CHARACTERS_OF_LINE;
    if (left < 0 && count > 0) break;
    count++;
  }
  return count;
}

function toColumns(
  id: string,
  epoch: number,
  patch: SessionPatch,
  lines: readonly SessionLogInfo[],
  chunk: number,
): Readonly<Record<string, unknown>> {
  return {
    id,
    epoch,
    call_state: patch.callState,
    call_sid: patch.callSid,
    trunk_id: patch.trunkId,
    answered_at: toMoment(patch.answeredAtMs),
    ended_at: toMoment(patch.endedAtMs),
    outcome: patch.outcome,
    sip_cause: patch.sipCause,
    state: patch.mediaReport ? { media: patch.mediaReport, partyReports: patch.partyReports } : patch.state,
    chunk,
    entries: lines.length > 0 ? lines : undefined,
  };
}

function toMoment(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}
