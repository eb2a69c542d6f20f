import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import { type Random, randomHex } from '../kernel/random.ts';

export interface ErrorReporting {
  readonly log: Logger;
  readonly random: Random;
}

/**
 * The error of the catalogue for anything thrown. What is not known becomes INTERNAL: the log has it all under a reference, the caller
 * sees the reference only.
 * @param limit bytes that a body may have, for the error of one that is too large.
 */
export function toAppError(thrown: unknown, limit: number, reporting: ErrorReporting): AppError {
  if (thrown instanceof AppError) return thrown;
  const refusal = serverRefusal(thrown, limit);
  if (refusal) return refusal;
  const reference = randomHex(reporting.random, 8);
  reporting.log.error({ reference, err: thrown }, 'request failed');
  return new AppError('INTERNAL', { reference });
}

/** What the HTTP server itself refuses before any code of ours runs: bodies that are too large or cut short, addresses it cannot decode. */
function serverRefusal(thrown: unknown, limit: number): AppError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const status: unknown = Reflect.get(thrown, 'statusCode');
  if (status === 413) return new AppError('BODY_TOO_LARGE', { limit });
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return new AppError('INVALID_REQUEST', { reason: thrown.message });
}
