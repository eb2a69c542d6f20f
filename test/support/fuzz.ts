import { expect } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { mutatedBytes } from './mutated-bytes.ts';
import { settledMemory } from './settled-memory.ts';

const { RINGFLOW_FUZZ_RUNS, RINGFLOW_FUZZ_SEED = '1' } = process.env;

/** How many damaged inputs each reader gets, and the seed of what damages them. */
export const fuzzRuns = Number(RINGFLOW_FUZZ_RUNS ?? 20_000);
export const fuzzSeed = Number(RINGFLOW_FUZZ_SEED);

const MOST_MS = 50;
const MOST_GROWTH_BYTES = 4 * 1024 * 1024;
/** Until caches are full and code is compiled. */
const WARM_UP_RUNS = 5_000;
/** A slow reading counts only when it is slow twice: garbage of others may be cleared away in any of them. */
const TRIES = 2;

/** Takes one input. */
export interface FuzzedReader {
  /** Reads it, and returns or throws the reader's own refusal; the same again when that took long. */
  read(bytes: Uint8Array): void;
  /** Called after each, with its number. What is awaited here does not count as reading. */
  readonly after?: (run: number) => Promise<void>;
  /** The error that `read` may throw; absent: none. */
  readonly refusal?: new (
    ...args: never[]
  ) => Error;
}

/** Feeds a reader with damaged seeds. Fails on any other error, on what takes long, and on memory that grows. */
export async function fuzz(seeds: readonly Uint8Array[], { read, after, refusal }: FuzzedReader): Promise<void> {
  const random = seededRandom(fuzzSeed);
  let memory = 0;
  for (let run = 0; run < WARM_UP_RUNS + fuzzRuns; run++) {
    if (run === WARM_UP_RUNS) memory = await settledMemory();
    const bytes = mutatedBytes(seeds, random);
    const tookMs = timed(() => {
      try {
        read(bytes);
      } catch (error) {
        if (!refusal || !(error instanceof refusal)) throw new Error(`run ${run} of seed ${fuzzSeed}: ${shown(bytes)}`, { cause: error });
      }
    });
    if (tookMs > MOST_MS) throw new Error(`run ${run} of seed ${fuzzSeed} took ${tookMs} ms: ${shown(bytes)}`);
    if (after) await after(run);
  }
  expect((await settledMemory()) - memory).toBeLessThan(MOST_GROWTH_BYTES);
}

/** How long it kept the processor busy at least: what a busy machine takes from it does not count. */
function timed(work: () => void): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < TRIES && leastMs > MOST_MS; tries++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    leastMs = Math.min(leastMs, (user + system) / 1000);
  }
  return leastMs;
}

const shown = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 4000)).toString('base64');
