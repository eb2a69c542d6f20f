import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { expect } from 'vitest';
import { ListenerWatch } from './listener-watch.ts';
import { settledMemory } from './settled-memory.ts';

const { RINGFLOW_SOAK_CALLS = '10000' } = process.env;

/** How many calls are made in all. */
export const SOAK_CALLS = Number(RINGFLOW_SOAK_CALLS);
/** How many of them are of several parties. */
export const PARTY_PERCENT = 21;

/** What there was at some moment, by what it is. */
export type Counts = Readonly<Record<string, number>>;

const RUNNER_MS = 50;
const FUNCTIONS = 'functions';
const OBJECTS = 'objects';
const MEMORY = 'KiB of memory';
/** What is made when it is first needed. A listener that each call leaves behind would be more. */
const MOST_NEW_FUNCTIONS = 5;
/** Of all objects of the process. An object that each of thirty calls leaves behind would be more. */
const MOST_NEW_OBJECTS = 15;
/** Compiled code, of one kind of calls and of all. */
const MOST_GROWTH_KIB = 1536;
const MOST_GROWTH_IN_ALL_KIB = 8 * 1024;

/** Counts what the whole process holds beside what a world says of itself, prints it and compares it. */
export class SoakCounts {
  readonly #listeners = new ListenerWatch();
  #calls = 0;
  #first: Counts | undefined;
  #last: Counts = {};

  /**
   * @param left what the world says
   * @param countsObjects whether all objects are counted as well, which takes as long as the rest
   */
  async now(left: Counts, countsObjects = false): Promise<Counts> {
    // The runner of the tests tells what it does, and holds a few functions until that has arrived.
    await pause(RUNNER_MS);
    // Every listener is a function, also in the sets and members of our own objects.
    const functions = queryObjects(Function, { format: 'count' });
    const objects = countsObjects && { [OBJECTS]: queryObjects(Object, { format: 'count' }) };
    const memory = await settledMemory();
    const { ofSignals, ofEmitters } = this.#listeners.counts;
    return {
      ...left,
      'listeners of signals': ofSignals,
      'listeners of emitters': ofEmitters,
      [FUNCTIONS]: functions,
      ...objects,
      'resources of the process': process.getActiveResourcesInfo().length,
      'open files': readdirSync('/dev/fd').length,
      [MEMORY]: Math.round(memory / 1024),
    };
  }

  /**
   * Prints what came of so many calls and what there was before and is now, and expects that nothing of them stays.
   * @param left what the world says
   * @param countsObjects whether no object may stay, of 30 calls or more
   */
  async compare(name: string, calls: number, outcomes: Counts, before: Counts, left: Counts, countsObjects = false): Promise<void> {
    let after = await this.now(left, countsObjects);
    // Counted at once: each further round clears away what has nothing to do with calls, and would hide what they leave.
    const newObjects = growth(OBJECTS, before, after);
    for (let again = 0; again < 5 && growth(FUNCTIONS, before, after) > MOST_NEW_FUNCTIONS; again++) after = await this.now(left);
    this.#calls += calls;
    this.#first ??= before;
    this.#last = after;
    const came = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
    process.stdout.write(`${name}: ${calls} calls: ${came.join(', ')}; before > after: ${pairs(before, after)}\n`);
    expect(onlyCounted(after)).toEqual(onlyCounted(before));
    expect(growth(FUNCTIONS, before, after)).toBeLessThanOrEqual(MOST_NEW_FUNCTIONS);
    if (countsObjects) expect(newObjects).toBeLessThanOrEqual(MOST_NEW_OBJECTS);
    expect(growth(MEMORY, before, after)).toBeLessThan(MOST_GROWTH_KIB);
  }

  /** Prints what there was at the first and the last moment, and expects that the memory has not grown in between. */
  compareAll(): void {
    const first = this.#first ?? {};
    process.stdout.write(`${this.#calls} calls in all; first > last: ${pairs(first, this.#last)}\n`);
    expect(growth(MEMORY, first, this.#last)).toBeLessThan(MOST_GROWTH_IN_ALL_KIB);
  }

  close(): void {
    this.#listeners.close();
  }
}

const pairs = (before: Counts, after: Counts): string =>
  Object.keys(after)
    .map((what) => `${what} ${before[what]} > ${after[what]}`)
    .join(', ');

/** NaN, which is neither less nor more, when it was not counted. */
const growth = (what: string, before: Counts, after: Counts): number => (after[what] ?? Number.NaN) - (before[what] ?? Number.NaN);

const onlyCounted = ({ [FUNCTIONS]: _functions, [OBJECTS]: _objects, [MEMORY]: _memory, ...rest }: Counts): Counts => rest;
