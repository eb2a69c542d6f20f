import { freePort } from '../../src/cli/free-port.ts';

/** So many processes of the test runner have ports of their own, of those that `freePort` looks in. */
const POOLS = 8;
const [FIRST, COUNT] = [2_000, 3_000 / POOLS];

/**
 * A free port that no other test is given at the same time: the peer that gets it may take it a second later.
 * @param more how many ports above it must be free too
 * @throws when none is found
 */
export function testPort(address?: string, more?: number): Promise<number> {
  return freePort(address, more, { first: FIRST + pool() * COUNT, count: COUNT });
}

/** The part of this process of so many ports from `first` on, for a peer that takes its own from a range: the first and the last of it. */
export function testPortRange(first: number, count: number): readonly [first: number, last: number] {
  const part = count / POOLS;
  return [first + pool() * part, first + (pool() + 1) * part - 1];
}

const pool = (): number => Number(process.env.VITEST_POOL_ID ?? 0) % POOLS;
