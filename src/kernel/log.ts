/**
 * The log as the rest of the code may see it. Messages are static text; what varies goes into the fields.
 * Numbers dialled, digits pressed and texts spoken never go into either.
 */
export interface Logger {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

const drop = (): void => {};

/** A log that keeps nothing. */
export const silentLogger: Logger = { debug: drop, info: drop, warn: drop, error: drop };
