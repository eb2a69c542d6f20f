import type { ChildProgram } from '../../src/cli/child-program.ts';

/** What a thread holds once its garbage is gone. */
export interface ThreadMemory {
  /** The file that it runs. */
  readonly script: string;
  /** 0 for the main thread. */
  readonly threadId: number;
  /** On its heap, without code. */
  readonly objectsKiB: number;
  /** Compiled code and what belongs to it: it grows as long as the engine finds something to improve. */
  readonly codeKiB: number;
  /** What objects hold outside of the heap, as buffers. */
  readonly externalKiB: number;
  /** Ends of ways to other threads, also closed ones that something holds. */
  readonly messagePorts: number;
  /** Memory that it shares with other threads, so many pieces: a room has one, and so has a bridge to another thread. */
  readonly sharedBuffers: number;
  /** Memory of the machine that the heap takes, empty parts too. */
  readonly heapResidentKiB: number;
}

/**
 * Environment of a program that tells the memory of its threads when it gets SIGUSR2. What native code frees goes back to the machine at
 * once, so that what is left is in use: pieces of 8 KiB and more have pages of their own, as those that lie between others stay there (tens of
 * MiB, of which one soak has more and another less). With HEAP_SNAPSHOTS=folder in our own environment each thread leaves a snapshot there each time.
 */
export const tellsMemory = {
  NODE_OPTIONS: `--import=${new URL('memory-teller.mjs', import.meta.url).href}`,
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '8192',
};

/** Has a program that was started with `tellsMemory` collect the garbage of all its threads, and answers what each holds then. */
export async function threadMemories(program: ChildProgram): Promise<readonly ThreadMemory[]> {
  const told = new Promise<string>((resolve) => {
    program.onLine((line) => {
      const threads = /^memory (\[.*\])$/.exec(line)?.[1];
      if (threads !== undefined) resolve(threads);
    });
  });
  process.kill(program.pid, 'SIGUSR2');
  return JSON.parse(await told);
}
