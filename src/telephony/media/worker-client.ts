import type { Worker } from 'node:worker_threads';
import { type Clock, systemClock, type Timer } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/log.ts';
import { noCapacity, type PortLimits } from '../rtp/port-range.ts';
import type { AudioRoom, MediaPort, MediaStream } from './media-port.ts';
import { isNoCapacity, MediaWorker } from './media-worker.ts';
import type { WorkerSettings } from './protocol.ts';
import { RemoteStream } from './remote-stream.ts';
import { newRoomMemory } from './room-memory.ts';
import { spawnWorker } from './spawn-worker.ts';
import { SustainedLoad } from './sustained-load.ts';

export interface MediaWorkersOptions {
  /** Threads; one per core but one is a good number, and at least one. */
  readonly count: number;
  /** The address that RTP sockets are bound to. */
  readonly host: string;
  /** An address of the other family, for sockets of both. */
  readonly otherHost?: string | undefined;
  /** Divided evenly between the threads. */
  readonly portRange: PortLimits;
  readonly log: Logger;
  /** How a thread is started; `spawnWorker` unless somebody needs to hold it himself. */
  readonly spawn?: (settings: WorkerSettings) => Worker;
  /** The machine's unless somebody needs another. */
  readonly clock?: Clock;
}

/** One event loop carries this many calls before its timers suffer. */
const MAX_STREAMS = 500;
const RESTART_MS = 1000;
/** How often it is looked whether the threads have time for more calls, and how late that look may be in the main thread. */
const LOOK_MS = 500;
const LATE_MS = 200;

/**
 * Starts the media threads. Each has its own part of the ports. A thread that dies takes its streams with it and is started again. One that has been
 * busy for nine tenths of two seconds takes no more calls until there is room again, and so do all while the main thread is late.
 * @throws Error when a thread does not start; RangeError when the range has too few ports.
 */
export async function openMediaWorkers(options: MediaWorkersOptions): Promise<MediaPort> {
  const workers = new MediaWorkers(options);
  try {
    await workers.ready();
  } catch (error) {
    await workers.close();
    throw error;
  }
  return workers;
}

class MediaWorkers implements MediaPort {
  readonly #log: Logger;
  readonly #spawn: (settings: WorkerSettings) => Worker;
  readonly #workers: MediaWorker[];
  readonly #restarts = new Set<Timer>();
  readonly #clock: Clock;
  readonly #late = new SustainedLoad();
  #nextLook: Timer;
  #lastRoom = 0;
  #closed = false;

  constructor({ count, host, otherHost, portRange, log, spawn = spawnWorker, clock = systemClock }: MediaWorkersOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#spawn = spawn;
    const settings = { host, ...(otherHost !== undefined && { otherHost }), maxStreams: MAX_STREAMS };
    this.#workers = divide(portRange, count).map((part, index) => this.#start(index, { ...settings, portRange: part, part: index }));
    this.#nextLook = this.#lookAfter(LOOK_MS);
  }

  get openStreams(): number {
    return this.#workers.reduce((sum, worker) => sum + worker.openStreams, 0);
  }

  /** Its parts are those of the threads. */
  openRoom(): AudioRoom {
    return { id: ++this.#lastRoom, memory: newRoomMemory(this.#workers.length) };
  }

  async ready(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.ready));
  }

  async open(near?: MediaStream): Promise<MediaStream> {
    const distance = (worker: MediaWorker): number => (near instanceof RemoteStream && near.isOf(worker) ? 0 : 1);
    const byLoad = [...this.#workers].sort((left, right) => distance(left) - distance(right) || left.load - right.load);
    if (this.#late.isOver) throw noCapacity('the time of the main thread');
    let full: unknown;
    for (const worker of byLoad) {
      try {
        return await worker.open();
      } catch (error) {
        if (!isNoCapacity(error)) throw error;
        full = error;
      }
    }
    throw full ?? noCapacity('media workers');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#nextLook.cancel();
    for (const restart of this.#restarts) restart.cancel();
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  #lookAfter(delayMs: number): Timer {
    const dueMs = this.#clock.now() + delayMs;
    return this.#clock.after(delayMs, () => {
      const lateMs = this.#clock.now() - dueMs;
      if (this.#late.look(lateMs > LATE_MS)) this.#tell('The main thread', !this.#late.isOver);
      this.#workers.forEach((worker, index) => {
        const takesCalls = worker.look();
        if (takesCalls !== undefined) this.#tell(`Media worker ${index + 1}`, takesCalls);
      });
      this.#nextLook = this.#lookAfter(LOOK_MS);
    });
  }

  #tell(who: string, takesCalls: boolean): void {
    if (takesCalls) this.#log.info({ who }, `${who} has time again: new calls are taken`);
    else this.#log.warn({ who }, `${who} has too much to do: new calls are refused until it has time again`);
  }

  #start(index: number, settings: WorkerSettings): MediaWorker {
    return new MediaWorker(this.#spawn(settings), settings, (error, streams) => {
      if (this.#closed) return;
      this.#log.error({ err: error, streams }, 'A media worker has died; it is started again');
      const restart = this.#clock.after(RESTART_MS, () => {
        this.#restarts.delete(restart);
        this.#workers[index] = this.#start(index, settings);
      });
      this.#restarts.add(restart);
    });
  }
}

/** Cuts a range into `count` parts that begin at even ports. */
function divide({ first, last }: PortLimits, count: number): readonly PortLimits[] {
  const even = first + (first % 2);
  const pairs = Math.floor((last + 1 - even) / 2);
  if (count < 1 || pairs < count) throw new RangeError(`${count} media workers need more ports than ${first}-${last}`);
  return Array.from({ length: count }, (_, index) => {
    const from = even + Math.floor((pairs * index) / count) * 2;
    return { first: from, last: even + Math.floor((pairs * (index + 1)) / count) * 2 - 1 };
  });
}
