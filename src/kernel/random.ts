import { randomBytes } from 'node:crypto';

/** Randomness as the rest of the code may see it, so that a run can be repeated from a seed. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
}

/** Lower-case hexadecimal text of `length` random bytes. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex');
}

const POOL_BYTES = 4096;
let pool = new Uint8Array(0);
let used = 0;

/** Cryptographic randomness, drawn from the system in blocks because one draw costs more than the bytes. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > POOL_BYTES) return Uint8Array.from(randomBytes(length));
    if (used + length > pool.length) {
      pool = Uint8Array.from(randomBytes(POOL_BYTES));
      used = 0;
    }
    const part = pool.slice(used, used + length);
    used += length;
    return part;
  },
  below(limit) {
    const bound = Math.floor(0x1_0000_0000 / limit) * limit;
    for (;;) {
      const value = Buffer.from(systemRandom.bytes(4)).readUInt32BE(0);
      if (value < bound) return value % limit;
    }
  },
};

/** Repeatable randomness for tests and simulations (mulberry32). Never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
    below: (limit) => Math.floor((next() / 0x1_0000_0000) * limit),
  };
}
