import type { Clock, Timer } from '../../kernel/clock.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { PATIENCE_MS, T1_MS, T2_MS } from './transaction-step.ts';

/** A 2xx that is being repeated. */
export interface AnswerRepetition {
  /** Stops: the ACK is there, or the dialog is over. Idempotent. */
  stop(): void;
}

/**
 * Repeats the 2xx to an INVITE until its ACK comes: after T1, doubling up to T2, over every transport; gives up after 64*T1
 * (RFC 3261 section 13.3.1.4).
 */
export function repeatAnswer(clock: Clock, transaction: ServerTransaction, giveUp: () => void): AnswerRepetition {
  let intervalMs = T1_MS;
  const again = (): void => {
    transaction.repeat2xx();
    intervalMs = Math.min(2 * intervalMs, T2_MS);
    repetition = clock.after(intervalMs, again);
  };
  let repetition: Timer = clock.after(intervalMs, again);
  const end = clock.after(PATIENCE_MS, () => {
    repetition.cancel();
    giveUp();
  });
  return {
    stop() {
      repetition.cancel();
      end.cancel();
    },
  };
}
