import type { SessionInfo } from '../contracts/sessions.ts';
import { type Clock, sleep } from '../kernel/clock.ts';

/** Something that became known of a session: when it happened, and what, in words. */
export interface SessionNews {
  readonly atMs: number;
  readonly text: string;
}

export interface FollowOptions {
  readonly read: () => Promise<SessionInfo>;
  readonly tell: (news: SessionNews) => void;
  readonly clock: Clock;
  readonly pollEveryMs: number;
  readonly signal: AbortSignal;
}

/**
 * Reads a session again and again until it has ended, and tells each line of its log and each change of its state once, in the order
 * of their dates. Answers the ended session.
 * @throws what `read` throws, and the signal's reason when it is aborted
 */
export async function followSession({ read, tell, clock, pollEveryMs, signal }: FollowOptions): Promise<SessionInfo> {
  let told = 0;
  let state = '';
  for (;;) {
    const session = await read();
    const lines = session.log ?? [];
    const news = lines.slice(told).map(({ date, message }) => ({ atMs: Date.parse(date ?? ''), text: message ?? '' }));
    told = Math.max(told, lines.length);
    const now = describeState(session);
    if (now.text !== state) news.push({ atMs: now.atMs ?? clock.now(), text: now.text });
    state = now.text;
    for (const item of news.sort((one, other) => one.atMs - other.atMs)) tell(item);
    if (session.ended) return session;
    await sleep(clock, pollEveryMs, signal);
  }
}

/** The state of a session in a word or two, and since when it has it, if the session says so. */
function describeState({ ended, callState, dialState, outcome, dateCreated, dateAnswered, dateCompleted }: SessionInfo): {
  text: string;
  atMs: number | undefined;
} {
  const at = (date: string | undefined): number | undefined => (date === undefined ? undefined : Date.parse(date));
  if (ended) return { text: `ended: ${outcome ?? 'no outcome'}`, atMs: at(dateCompleted) };
  if (callState === 'Connected') return { text: 'connected', atMs: at(dateAnswered) };
  if (callState === 'Ringing') return { text: 'ringing', atMs: undefined };
  return dialState === 'Active' ? { text: 'dialling', atMs: at(dateCreated) } : { text: 'waiting', atMs: at(dateCreated) };
}

/** A time as seconds after `startMs`, in a column: `  1.234 s`. */
export function sinceStart(atMs: number, startMs: number): string {
  return `${(Math.max(0, atMs - startMs) / 1000).toFixed(3).padStart(7)} s`;
}
