import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type Logger, silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { AudioThread } from './audio-thread.ts';
import type { AudioJob } from './worker-messages.ts';

/**
 * A worker that does as the text of a job says: "done", "fail", "refuse", "die", "hang" (for ever), "wait" (until it is cancelled)
 * or "work N" (N turns).
 */
const SCRIPTED = `
  const { parentPort } = require('node:worker_threads');
  const cancelled = new Set();
  const prompt = { id: 'x', durationMs: 20, pcmu: new SharedArrayBuffer(160), pcma: new SharedArrayBuffer(160) };
  parentPort.on('message', async (request) => {
    if (request.kind === 'cancel') return cancelled.add(request.id);
    const { id, job } = request;
    const turn = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      parentPort.postMessage({ kind: 'turn', id });
    };
    const [verb, count] = job.text.split(' ');
    await turn();
    if (verb === 'die') setTimeout(() => process.exit(7), 20);
    else if (verb === 'hang') setTimeout(() => { for (;;); }, 20);
    else if (verb === 'fail') parentPort.postMessage({ kind: 'failed', id, error: 'RuntimeError: unreachable' });
    else if (verb === 'refuse') parentPort.postMessage({ kind: 'refused', id, code: 'TEXT_NOT_SPEAKABLE', reason: 'it is odd' });
    else {
      for (let turns = 1; turns < Number(count); turns++) await turn();
      while (verb === 'wait' && !cancelled.has(id)) await new Promise((resolve) => setImmediate(resolve));
      parentPort.postMessage(verb === 'wait' ? { kind: 'cancelled', id } : { kind: 'done', id, result: { prompt } });
    }
  });
`;

const forever = new AbortController().signal;
const say = (text: string): AudioJob => ({ kind: 'say', text, voice: 'rms' });
const threads: AudioThread[] = [];
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.close()));
});

function open(options: { maxJobs?: number; script?: string } = {}) {
  const clock = new VirtualClock();
  const workers: Worker[] = [];
  const errors: string[] = [];
  const log: Logger = { ...silentLogger, error: (_fields, message) => void errors.push(message) };
  const thread = new AudioThread({
    name: 'test',
    clock,
    log,
    idleMs: 60_000,
    stallMs: 30_000,
    maxJobs: options.maxJobs ?? 8,
    start(name) {
      const worker = new Worker(options.script ?? SCRIPTED, { eval: true, name });
      workers.push(worker);
      return worker;
    },
  });
  threads.push(thread);
  return { thread, clock, workers, errors };
}

/** Resolves when the worker's next turn report has been handled. */
function nextTurn(worker: Worker | undefined): Promise<void> {
  return new Promise((resolve) => {
    worker?.on('message', (report: { kind: string }) => {
      if (report.kind === 'turn') resolve();
    });
  });
}

describe('the life of the thread', () => {
  it('starts with the first job, serves the next ones, and ends when it was idle', async () => {
    const { thread, clock, workers } = open();
    expect(workers).toHaveLength(0);
    await thread.run(say('done'), forever);
    await thread.run(say('done'), forever);
    expect(workers).toHaveLength(1);
    await clock.advance(59_999);
    expect(thread.threadId).toBeDefined();
    await clock.advance(1);
    expect(thread.threadId).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
    await thread.run(say('done'), forever);
    expect(workers).toHaveLength(2);
  });

  it('counts the idle time from the last job', async () => {
    const { thread, clock, workers } = open();
    for (let count = 0; count < 3; count++) {
      await thread.run(say('done'), forever);
      await clock.advance(50_000);
    }
    expect(workers).toHaveLength(1);
  });

  it('ends with close, which rejects what is not finished, and takes nothing more', async () => {
    const { thread, clock, workers } = open();
    const waiting = expect(thread.run(say('wait'), forever)).rejects.toMatchObject({ name: 'AbortError' });
    const exited = new Promise((resolve) => workers[0]?.on('exit', resolve));
    await Promise.all([thread.close(), thread.close(), waiting]);
    await exited;
    expect([thread.jobs, clock.pendingTimers]).toEqual([0, 0]);
    await expect(thread.run(say('done'), forever)).rejects.toMatchObject({ name: 'AbortError' });
    expect(workers).toHaveLength(1);
  });
});

describe('jobs', () => {
  it('are answered each with its own result', async () => {
    const { thread } = open();
    const answers = await Promise.allSettled([
      thread.run(say('done'), forever),
      thread.run(say('refuse'), forever),
      thread.run(say('fail'), forever),
    ]);
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: { prompt: { durationMs: 20 } } },
      { status: 'rejected', reason: { code: 'TEXT_NOT_SPEAKABLE', message: 'The text cannot be spoken: it is odd.' } },
      { status: 'rejected', reason: { code: 'SPEECH_FAILED' } },
    ]);
  });

  it('go on after a failure of the engine, in the same thread', async () => {
    const { thread, workers, errors } = open();
    await expect(thread.run(say('fail'), forever)).rejects.toMatchObject({ code: 'SPEECH_FAILED' });
    await thread.run(say('done'), forever);
    expect(workers).toHaveLength(1);
    expect(errors).toEqual(['preparing audio failed']);
  });

  it('beyond the limit are refused at once', async () => {
    const { thread } = open({ maxJobs: 2 });
    const leaving = new AbortController();
    const waiting = [thread.run(say('wait'), leaving.signal), thread.run(say('wait'), leaving.signal)];
    await expect(thread.run(say('done'), forever)).rejects.toMatchObject({ code: 'SPEECH_BUSY', status: 503, retryAfterSeconds: 5 });
    leaving.abort(new Error('left'));
    for (const job of waiting) await expect(job).rejects.toThrow('left');
    await thread.run(say('done'), forever);
  });

  it('that are aborted end at once, and the worker hears of it', async () => {
    const { thread, workers, clock } = open();
    const leaving = new AbortController();
    const job = thread.run(say('wait'), leaving.signal);
    await nextTurn(workers[0]);
    const cancelled = new Promise<void>((resolve) => {
      workers[0]?.on('message', (report: { kind: string }) => {
        if (report.kind === 'cancelled') resolve();
      });
    });
    leaving.abort(new Error('left'));
    await expect(job).rejects.toThrow('left');
    expect(thread.jobs).toBe(0);
    await cancelled;
    await clock.advance(60_000);
    expect(thread.threadId).toBeUndefined();
  });

  it('are not begun for one who has left already', async () => {
    const { thread, workers } = open();
    await expect(thread.run(say('done'), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(workers).toHaveLength(0);
  });
});

describe('a thread that dies', () => {
  it('fails the job that it was busy with; the others get a new thread', async () => {
    const { thread, workers, errors } = open();
    const leaving = new AbortController();
    const others = [thread.run(say('done'), forever), thread.run(say('wait'), leaving.signal)];
    const guilty = thread.run(say('die'), forever);
    await expect(guilty).rejects.toMatchObject({ code: 'SPEECH_FAILED' });
    await others[0];
    expect(thread.jobs).toBe(1);
    expect(workers).toHaveLength(2);
    expect(errors).toEqual(['the audio thread died']);
    await thread.run(say('done'), forever);
    leaving.abort(new Error('left'));
    await expect(others[1]).rejects.toThrow('left');
  });

  it('is ended when it makes no progress', async () => {
    const { thread, clock, workers } = open();
    const stuck = expect(thread.run(say('hang'), forever)).rejects.toMatchObject({ code: 'SPEECH_FAILED' });
    await nextTurn(workers[0]);
    await clock.advance(30_000);
    await stuck;
    await thread.run(say('done'), forever);
    expect(workers).toHaveLength(2);
  });

  it('is not ended while it makes progress, however long that takes', async () => {
    const { thread, clock, workers } = open();
    const job = thread.run(say('work 5'), forever);
    let turns = 0;
    workers[0]?.on('message', () => {
      turns++;
    });
    for (let seen = 1; seen <= 3; seen++) {
      while (turns < seen) await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(10_000);
    }
    await job;
    expect(workers).toHaveLength(1);
  });

  it('when it cannot even start, fails every job instead of starting again and again', async () => {
    const { thread, workers } = open({ script: 'throw new Error("broken")' });
    const jobs = await Promise.allSettled([thread.run(say('done'), forever), thread.run(say('done'), forever)]);
    expect(jobs.map((job) => job.status)).toEqual(['rejected', 'rejected']);
    expect(workers).toHaveLength(1);
    expect(thread.jobs).toBe(0);
  });

  it('while nobody waits, is replaced by the next job', async () => {
    const { thread, workers, clock } = open();
    await thread.run(say('done'), forever);
    await workers[0]?.terminate();
    expect([thread.threadId, clock.pendingTimers]).toEqual([undefined, 0]);
    await thread.run(say('done'), forever);
    expect(workers).toHaveLength(2);
  });
});
