import { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import { type Logger, silentLogger } from '../../src/kernel/log.ts';
import { openMediaWorkers } from '../../src/telephony/media/worker-client.ts';
import { SkippingClock } from './skipping-clock.ts';

/** A thread that answers as one that has room would, and works all the time while `works` is 1. */
function workingThread(works: Int32Array): Worker {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    let last = 0;
    parentPort.on('message', (commands) => {
      for (const { kind, stream } of commands) {
        if (kind === 'open') parentPort.postMessage({ kind: 'opened', stream, local: { address: '127.0.0.1', port: 40000 + ++last } });
        if (kind === 'close') parentPort.postMessage({ kind: 'closed', stream, report: {} });
        if (kind === 'stop') { clearInterval(working); parentPort.close(); }
      }
    });
    const working = setInterval(() => {
      const untilMs = performance.now() + 100;
      while (Atomics.load(workerData, 0) === 1 && performance.now() < untilMs);
    }, 1);
    parentPort.postMessage({ kind: 'ready' });
  `;
  return new Worker(code, { eval: true, workerData: works });
}

export interface BusyMediaOptions {
  readonly clock?: Clock;
  readonly works?: Int32Array;
  /** Which part of its time the thread works; absent: as it does. */
  readonly utilization?: () => number;
}

/** Media whose one thread works while `works` is 1, and does nothing for its calls; and what it tells. */
export async function busyMedia({ clock = systemClock, works = newWork(), utilization }: BusyMediaOptions = {}) {
  const told: string[] = [];
  const log: Logger = { ...silentLogger, info: (_, message) => told.push(message), warn: (_, message) => told.push(message) };
  const spawn = () => {
    const thread = workingThread(works);
    const eventLoopUtilization = () => ({ idle: 0, active: 0, utilization: utilization?.() ?? 0 });
    if (utilization) Object.defineProperty(thread, 'performance', { value: { eventLoopUtilization } });
    return thread;
  };
  const media = await openMediaWorkers({ count: 1, host: '127.0.0.1', portRange: { first: 40_000, last: 40_099 }, log, spawn, clock });
  return { media, told };
}

/** What says whether the thread works. */
export function newWork(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** A clock whose timers are `lateMs` late, as they are in a thread that has too much to do; it runs twice as fast, and counts them. */
export function lateClock(): Clock & { lateMs: number; looks: number } {
  const time = new SkippingClock(2);
  const clock = {
    lateMs: 0,
    looks: 0,
    now: () => time.now(),
    after: (delayMs: number, run: () => void) =>
      time.after(delayMs, () => {
        time.skip(clock.lateMs);
        clock.looks++;
        run();
      }),
  };
  return clock;
}
