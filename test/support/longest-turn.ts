/** How long this thread is busy: the processor counts threads that clear garbage away too, and the clock what a busy machine takes from it. */
class Busy {
  readonly #sinceMs = performance.now();
  readonly #usage = process.cpuUsage();

  get ms(): number {
    const { user, system } = process.cpuUsage(this.#usage);
    return Math.min((user + system) / 1000, performance.now() - this.#sinceMs);
  }
}

/** How long this work keeps the processor busy: what a busy machine takes from it does not count. */
export function busyMs(work: () => void): number {
  const busy = new Busy();
  work();
  return busy.ms;
}

/** How long work that waits in between keeps the event loop busy in one turn at the most: at once, by timers or by what was promised. */
export async function longestTurnMs(work: () => Promise<void>): Promise<number> {
  let longestMs = 0;
  let turn = new Busy();
  const next = (): void => {
    longestMs = Math.max(longestMs, turn.ms);
    turn = new Busy();
    coming = setImmediate(next);
  };
  let coming = setImmediate(next);
  try {
    await work();
  } finally {
    clearImmediate(coming);
  }
  return Math.max(longestMs, turn.ms);
}
