import type { Clock } from '../kernel/clock.ts';
import type { Author } from '../store/audit.ts';
import type { Principal } from './principal.ts';

/** Who a change is by: the login, now. */
export function authorOf(principal: Pick<Principal, 'emailAddress'>, clock: Clock): Author {
  return { emailAddress: principal.emailAddress, atMs: clock.now() };
}
