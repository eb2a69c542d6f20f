import type { HeaderList } from './header-list.ts';

/** Max-Forwards of a request that begins here (RFC 3261 section 8.1.1.6), and the most that one has which is sent for another. */
export const MAX_FORWARDS = 70;

const MOST_READ = 255;

/** How many systems a request may still pass: 0 to 255. One that does not say so, or in no way that counts, may pass as many as any. */
export function readMaxForwards(headers: HeaderList): number {
  const text = headers.first('Max-Forwards') ?? '';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : MAX_FORWARDS;
  return value > MOST_READ ? MAX_FORWARDS : value;
}

/**
 * Max-Forwards of an INVITE that is sent because of one that has come (RFC 7332 section 4), so that a call which goes in a circle ends.
 * Undefined: it may not be sent.
 */
export function forwardsAfter(received: number): number | undefined {
  return received === 0 ? undefined : Math.min(received - 1, MAX_FORWARDS);
}
