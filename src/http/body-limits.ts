import type { Operation } from '../contracts/dto.ts';
import { limits } from '../formats/limits.ts';
import { AppError } from '../kernel/errors.ts';

/** How many bytes a body may have. */
export interface BodyLimits {
  /** Of most operations. */
  readonly usual: number;
  /** Of batches, and of operations that take a flow. */
  readonly long: number;
}

/** The usual limit is what takes a few milliseconds to read: whoever reads a body holds up all calls of the process meanwhile. */
export const bodyLimits: BodyLimits = { usual: 128 * 1024, long: limits.textLength };

export function bodyLimitOf({ takesLongBody }: Operation, { usual, long }: BodyLimits): number {
  return takesLongBody ? long : usual;
}

/** @throws AppError BODY_TOO_LARGE for a body that the operation of a predefined route does not take */
export function checkBody(body: unknown, limit: number): void {
  if (Buffer.isBuffer(body) && body.length > limit) throw new AppError('BODY_TOO_LARGE', { limit });
}
