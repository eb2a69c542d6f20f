import { expect } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { busyMs, longestTurnMs } from './longest-turn.ts';
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
/** What is slow counts only when it is slow each time: garbage of others may be cleared away in any of them, or code compiled. */
const TRIES = 3;

/** Takes one input, and remembers nothing of it. */
export interface FuzzedReader {
  /** Reads it, and returns or throws the reader's own refusal; the same again when that took long. */
  read(bytes: Uint8Array): void;
  /** The error that `read` may throw; absent: none. */
  readonly refusal?: new (
    ...args: never[]
  ) => Error;
}

/** Takes inputs one after the other, and acts on them at once and later. */
export interface FuzzedParty {
  /** Takes one, and may throw nothing. */
  take(bytes: Uint8Array): void;
  /** Lets time pass after the input of that number, from 0, and with it what timers do. */
  pass?(nth: number): Promise<void>;
  /** Ends it. @throws when anything of it is left */
  end?(): Promise<void>;
}

export interface FuzzedParties {
  /** Makes a new one. All of them do the same with the same inputs. */
  begin(): Promise<FuzzedParty>;
  /** How many inputs one gets before another begins. Absent: 400. */
  readonly inputs?: number;
  /** Absent: `fuzzRuns`. */
  readonly runs?: number;
}

/** Feeds a reader with damaged seeds. Fails on any other error, on what takes long, and on memory that grows. */
export async function fuzz(seeds: readonly Uint8Array[], { read, refusal }: FuzzedReader): Promise<void> {
  const random = seededRandom(fuzzSeed);
  let memory = 0;
  for (let run = 0; run < WARM_UP_RUNS + fuzzRuns; run++) {
    if (run === WARM_UP_RUNS) memory = await settledMemory();
    const bytes = mutatedBytes(seeds, random);
    const once = (): void => {
      try {
        read(bytes);
      } catch (error) {
        if (!refusal || !(error instanceof refusal)) throw failure(`run ${run}`, bytes, error);
      }
    };
    let leastMs = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && leastMs > MOST_MS; tries++) leastMs = Math.min(leastMs, busyMs(once));
    if (leastMs > MOST_MS) throw failure(`run ${run}, which took ${leastMs} ms`, bytes);
  }
  expect((await settledMemory()) - memory).toBeLessThan(MOST_GROWTH_BYTES);
}

/**
 * Feeds parties with damaged seeds, one after the other. Fails on any error, on anything that keeps the process busy for long, whether at an
 * input, by a timer or at the end, and on memory that grows. What was slow is done by another one that has been through the same.
 */
export async function fuzzParties(seeds: readonly Uint8Array[], parties: FuzzedParties): Promise<void> {
  const { inputs = 400, runs = fuzzRuns } = parties;
  const random = seededRandom(fuzzSeed);
  let memory: number | undefined;
  for (let run = 0; run < WARM_UP_RUNS + runs; run += inputs) {
    if (run >= WARM_UP_RUNS) memory ??= await settledMemory();
    await oneLife(
      `the party of run ${run}`,
      Array.from({ length: inputs }, () => mutatedBytes(seeds, random)),
      parties,
    );
  }
  expect((await settledMemory()) - (memory ?? 0)).toBeLessThan(MOST_GROWTH_BYTES);
}

/** One thing that is done to a party. */
interface Step {
  /** Of an input; absent at the end. */
  readonly bytes?: Uint8Array;
  readonly done: (party: FuzzedParty) => Promise<void>;
}

async function oneLife(name: string, inputs: readonly Uint8Array[], { begin }: FuzzedParties): Promise<void> {
  const steps: readonly Step[] = [...inputs.map(inputStep), { done: async (party) => party.end?.() }];
  const party = await begin();
  for (const [nth, { bytes, done }] of steps.entries()) {
    const where = bytes ? `${name}, input ${nth}` : `${name}, at its end`;
    try {
      let leastMs = await longestTurnMs(() => done(party));
      for (let tries = 1; tries < TRIES && leastMs > MOST_MS; tries++) leastMs = Math.min(leastMs, await byAnother(steps, nth, begin));
      if (leastMs > MOST_MS) throw new Error(`it took ${leastMs} ms`);
    } catch (error) {
      throw failure(where, bytes, error);
    }
  }
}

function inputStep(bytes: Uint8Array, nth: number): Step {
  const done = async (party: FuzzedParty): Promise<void> => {
    party.take(bytes);
    await party.pass?.(nth);
  };
  return { bytes, done };
}

/** How long a step takes one who has been through all that came before: a second time it would be a repetition to the first. */
async function byAnother(steps: readonly Step[], nth: number, begin: FuzzedParties['begin']): Promise<number> {
  const party = await begin();
  for (const { done } of steps.slice(0, nth)) await done(party);
  const step = steps[nth];
  const tookMs = await longestTurnMs(async () => step?.done(party));
  if (step?.bytes) await party.end?.();
  return tookMs;
}

function failure(where: string, bytes: Uint8Array = new Uint8Array(0), cause?: unknown): Error {
  const reason = cause instanceof Error ? `: ${cause.message}` : '';
  return new Error(`${where} of seed ${fuzzSeed}${reason}: ${Buffer.from(bytes.subarray(0, 4000)).toString('base64')}`, { cause });
}
