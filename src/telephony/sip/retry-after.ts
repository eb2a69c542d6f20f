import type { HeaderList } from './header-list.ts';

/** Longer waits than a day are not believed. */
const LONGEST_SECONDS = 86_400;

/** How long a peer asks to be left alone (RFC 3261 section 20.33); undefined when it does not, or cannot be understood. */
export function retryAfterMs(headers: HeaderList): number | undefined {
  const [, seconds] = /^\s*([0-9]{1,10})\s*(?:$|[;(])/.exec(headers.first('Retry-After') ?? '') ?? [];
  return seconds === undefined ? undefined : Math.min(LONGEST_SECONDS, Number(seconds)) * 1000;
}
