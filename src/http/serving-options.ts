import type { Clock } from '../kernel/clock.ts';
import type { BodyLimits } from './body-limits.ts';
import type { PublicAddress } from './public-url.ts';
import type { RequestRate } from './request-rate.ts';
import type { Services } from './services.ts';
import type { ErrorReporting } from './to-app-error.ts';

/** How an operator wants the API to behave. */
export interface HttpSettings extends PublicAddress {
  /** Networks (CIDR) of proxies whose `X-Forwarded-For` says who sent a request. Absent: the peer did. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** Origins whose pages may use the cookies of a user. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Whether 401 and 403 have the bodies of the original, which clients can read less from (servicestack.md 10, D3). */
  readonly strictAuthBodies?: boolean | undefined;
  /** How many requests a login may send per second. Absent or 0: any number. */
  readonly requestsPerSecond?: number | undefined;
}

/** What the routes need. */
export interface ServingOptions extends ErrorReporting, HttpSettings {
  readonly services: Services;
  readonly clock: Clock;
  /** Absent: no login is slowed down. */
  readonly rate?: RequestRate | undefined;
  readonly bodyLimits: BodyLimits;
}
