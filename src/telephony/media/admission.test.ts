import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { SkippingClock } from '../../../test/support/skipping-clock.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { type Logger, silentLogger } from '../../kernel/log.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import type { MediaPort } from './media-port.ts';
import { openMediaWorkers } from './worker-client.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

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

async function open({
  clock = systemClock,
  works = new Int32Array(new SharedArrayBuffer(4)),
  utilization,
}: {
  clock?: Clock;
  works?: Int32Array;
  /** Which part of its time the thread works; absent: as it does. */
  utilization?: () => number;
} = {}) {
  const told: string[] = [];
  const log: Logger = { ...silentLogger, info: (_, message) => told.push(message), warn: (_, message) => told.push(message) };
  const spawn = () => {
    const thread = workingThread(works);
    const eventLoopUtilization = () => ({ idle: 0, active: 0, utilization: utilization?.() ?? 0 });
    if (utilization) Object.defineProperty(thread, 'performance', { value: { eventLoopUtilization } });
    return thread;
  };
  const media = await openMediaWorkers({ count: 1, host: '127.0.0.1', portRange: { first: 40_000, last: 40_099 }, log, spawn, clock });
  closers.push(() => media.close());
  return { media, told };
}

/** Asks for a stream again and again until the answer is this one. */
async function untilOpenAnswers(media: MediaPort, wanted: 'opened' | 'refused'): Promise<string> {
  for (;;) {
    const answer = await media.open().then(
      (stream) => stream.close().then(() => 'opened'),
      (error: unknown) => `refused: ${error instanceof Error ? error.message : ''}`,
    );
    if (answer.startsWith(wanted)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('media threads', () => {
  it('refuse calls while a thread has no time, say so, and take them again afterwards', async () => {
    const works = new Int32Array(new SharedArrayBuffer(4));
    const { media, told } = await open({ works });
    await untilOpenAnswers(media, 'opened');
    Atomics.store(works, 0, 1);
    expect(await untilOpenAnswers(media, 'refused')).toContain('the time of the media workers');
    expect(told).toEqual(['Media worker 1 has too much to do: new calls are refused until it has time again']);
    Atomics.store(works, 0, 0);
    await untilOpenAnswers(media, 'opened');
    expect(told[1]).toBe('Media worker 1 has time again: new calls are taken');
  });

  it('take calls again only when there is room for more than those that they have', async () => {
    const clock = new VirtualClock();
    let share = 0.95;
    const { media } = await open({ clock, utilization: () => share });
    const answerAfter = async (seconds: number, of: number): Promise<string> => {
      share = of;
      await clock.advance(seconds * 1_000);
      return media.open().then(
        (stream) => stream.close().then(() => 'opened'),
        () => 'refused',
      );
    };
    expect([await answerAfter(10, 0.89), await answerAfter(10, 0.91)]).toEqual(['opened', 'refused']);
    expect([await answerAfter(10, 0.85), await answerAfter(10, 0.79), await answerAfter(10, 0.85)]).toEqual([
      'refused',
      'opened',
      'opened',
    ]);
  });

  it('have five hundred streams each, and refuse further ones at once, also those that are asked for at the same time', async () => {
    const { media } = await open();
    const asked = Array.from({ length: 510 }, () => media.open());
    const settled = { opened: 0, refused: 0 };
    for (const stream of asked)
      stream.then(
        () => settled.opened++,
        () => settled.refused++,
      );
    while (settled.opened < 500) await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toEqual({ opened: 500, refused: 10 });
    await (await asked[0])?.close();
    await untilOpenAnswers(media, 'opened');
  });

  it('refuse calls while the main thread is late, two seconds in a row', async () => {
    const time = new SkippingClock(2);
    let lateMs = 0;
    let looks = 0;
    const clock: Clock = {
      now: () => time.now(),
      after: (delayMs, run) =>
        time.after(delayMs, () => {
          time.skip(lateMs);
          looks++;
          run();
        }),
    };
    const { media, told } = await open({ clock });
    await untilOpenAnswers(media, 'opened');
    lateMs = 250;
    looks = 0;
    expect(await untilOpenAnswers(media, 'refused')).toContain('the time of the main thread');
    expect(looks).toBe(4);
    lateMs = 0;
    await untilOpenAnswers(media, 'opened');
    expect(looks).toBeGreaterThanOrEqual(8);
    expect(told).toEqual([
      'The main thread has too much to do: new calls are refused until it has time again',
      'The main thread has time again: new calls are taken',
    ]);
  });
});
