import type { Clock } from '../kernel/clock.ts';
import type { PublicAddress } from './public-url.ts';
import type { Services } from './services.ts';
import type { ErrorReporting } from './to-app-error.ts';

/** How an operator wants the API to behave. */
export interface HttpSettings extends PublicAddress {
  /** Origins whose pages may use the cookies of a user. */
  readonly corsOrigins?: readonly string[] | undefined;
}

/** What the routes need. */
export interface ServingOptions extends ErrorReporting, HttpSettings {
  readonly services: Services;
  readonly clock: Clock;
  /** Bytes that a body may have. */
  readonly bodyLimit: number;
}
