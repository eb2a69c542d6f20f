import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Workers } from '../store/workers.ts';
import type { Outcome } from './outcome.ts';

/** Ends the sessions of servers that are gone: their calls are down, and nobody else would ever end them. */
export async function endLostSessions(workers: Pick<Workers, 'reapSessions'>, clock: Clock, log: Logger): Promise<void> {
  const outcome: Outcome = 'ServerLost';
  let ended = 0;
  for (;;) {
    const line = { date: new Date(clock.now()).toISOString(), message: 'The server that carried this call is gone' };
    const ids = await workers.reapSessions({ outcome, line });
    if (ids.length === 0) break;
    ended += ids.length;
  }
  if (ended > 0) log.warn({ sessions: ended }, 'Sessions of a server that is gone were ended');
}
