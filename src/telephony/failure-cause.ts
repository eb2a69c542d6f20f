import type { LegEnd } from './port.ts';

/**
 * What a final SIP response to an INVITE means for the person who placed the call (RFC 3261 section 21). `hasRung` is whether anybody has
 * noticed the call: without that a 408 says that nobody could be found in time, and a 487 that nobody has asked for only that it failed.
 */
export function causeOfStatus(status: number, hasRung: boolean): LegEnd['why'] {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 404:
    case 410:
    case 484:
    case 485:
    case 604:
      return 'number-not-found';
    case 408:
      return hasRung ? 'no-answer' : 'unreachable';
    case 480:
      return 'no-answer';
    case 401:
    case 403:
    case 407:
    case 603:
    case 607:
    case 608:
      return 'rejected';
    case 487:
      return hasRung ? 'no-answer' : 'failed';
    case 502:
    case 503:
    case 504:
      return 'unreachable';
    default:
      return 'failed';
  }
}
