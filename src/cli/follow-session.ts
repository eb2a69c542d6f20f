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
 * Reads a session again and again until it has ended, and tells each line of its log once, and how it ended. Answers the ended session.
 * @throws what `read` throws, and the signal's reason when it is aborted
 */
export async function followSession({ read, tell, clock, pollEveryMs, signal }: FollowOptions): Promise<SessionInfo> {
  let told = 0;
  for (;;) {
    const session = await read();
    const lines = session.log ?? [];
    for (const { date, message } of lines.slice(told)) tell({ atMs: Date.parse(date ?? ''), text: message ?? '' });
    told = lines.length;
    if (session.ended) {
      tell({ atMs: Date.parse(session.dateCompleted ?? ''), text: `Ended: ${session.outcome ?? 'without an outcome'}` });
      return session;
    }
    await sleep(clock, pollEveryMs, signal);
  }
}

/** A time as seconds after `startMs`, in a column: `  1.234 s`. */
export function sinceStart(atMs: number, startMs: number): string {
  return `${(Math.max(0, atMs - startMs) / 1000).toFixed(3).padStart(7)} s`;
}
