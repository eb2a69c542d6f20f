import { AppError } from '../kernel/errors.ts';

/** Codes of Node and of postgres.js that mean: no connection. */
const connectionCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
/** SQLSTATE of a server that is starting, stopping, full or read-only after a failover (PostgreSQL appendix A). */
const serverCodes = /^(08...|53...|57P0[123]|25006)$/;

/** The code of a database error, also of one that drizzle has wrapped. */
export function databaseCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? undefined : databaseCode(error.cause);
}

/** Whether the database is away, as opposed to refusing what it was given. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'STORE_UNAVAILABLE';
  const code = databaseCode(error);
  return code !== undefined && (connectionCodes.has(code) || serverCodes.test(code));
}

/** Whether a unique index refused the row (SQLSTATE 23505). */
export function isDuplicate(error: unknown): boolean {
  return databaseCode(error) === '23505';
}

/** Whether a foreign key refused the change (SQLSTATE 23503). */
export function isReferenced(error: unknown): boolean {
  return databaseCode(error) === '23503';
}

/** A failed statement. Says what went wrong, without the statement and the values in it, so that it can be logged. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: string;

  constructor(code: string, where: string) {
    super(`The database refused a statement: ${code} ${where}`.trim());
    this.code = code;
  }
}

/** What may be logged and handed on of an error of the database; any other error as it is. */
export function withoutValues(error: unknown): unknown {
  const code = databaseCode(error);
  if (code === undefined || error instanceof AppError || error instanceof DatabaseError) return error;
  return new DatabaseError(code, sourceOf(error));
}

/** Constraint or routine that PostgreSQL names; its message, detail and hint quote values. */
function sourceOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const named = [Reflect.get(error, 'constraint_name'), Reflect.get(error, 'routine')].filter((part) => typeof part === 'string');
  return named.length > 0 ? named.join(' ') : sourceOf(error.cause);
}

export function unavailable(cause?: unknown): AppError {
  return new AppError('STORE_UNAVAILABLE', { seconds: 2 }, { retryAfterSeconds: 2, cause: withoutValues(cause) });
}

/** What callers get: STORE_UNAVAILABLE when the database is away, otherwise the error without values. */
export function storeError(error: unknown): unknown {
  return isUnavailable(error) && !(error instanceof AppError) ? unavailable(error) : withoutValues(error);
}
