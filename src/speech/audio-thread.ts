import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import { startWorker } from '../kernel/start-worker.ts';
import type { AudioJob, AudioResult, WorkerReport, WorkerRequest } from './worker-messages.ts';

export interface AudioThreadOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** The worker is ended when it had nothing to do for so long: the engine holds some 100 MB. */
  readonly idleMs: number;
  /** A worker that shows no progress for so long is ended; the job it was busy with fails. */
  readonly stallMs: number;
  /** Most jobs at a time; more are refused. */
  readonly maxJobs: number;
  /** Starts the worker; `startAudioWorker` when absent. */
  readonly start?: (name: string) => Worker;
}

/** Starts the thread of audio-worker.ts. */
export function startAudioWorker(name: string): Worker {
  const worker = startWorker(new URL('./audio-worker.ts', import.meta.url), {
    name,
    // What decoders print about damaged files is of no use to anyone.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  worker.stdout.resume();
  worker.stderr.resume();
  return worker;
}

interface Pending {
  readonly job: AudioJob;
  resolve(result: AudioResult): void;
  reject(error: unknown): void;
}

const RETRY_SECONDS = 5;

/** A worker thread that is started when there is work, ended when there is none, and replaced when it dies. */
export class AudioThread {
  readonly #options: AudioThreadOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #ending = new Set<Promise<unknown>>();
  #worker: Worker | undefined;
  #timer: Timer | undefined;
  #busyWith: number | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: AudioThreadOptions) {
    this.#options = options;
  }

  /** The id of the live thread, if there is one. */
  get threadId(): number | undefined {
    return this.#worker?.threadId;
  }

  /** Jobs that are not finished. */
  get jobs(): number {
    return this.#pending.size;
  }

  /**
   * Has `job` done. Jobs take turns, so short ones do not wait for long ones.
   * @throws AppError SPEECH_BUSY when there are too many jobs, FILE_NOT_AUDIO or TEXT_NOT_SPEAKABLE as the job has it, SPEECH_FAILED
   * when the engine or the thread failed; the reason of `signal` when it is aborted; AbortError after `close`.
   */
  run(job: AudioJob, signal: AbortSignal): Promise<AudioResult> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#closed) throw closedError();
      if (this.#pending.size >= this.#options.maxJobs) {
        throw new AppError('SPEECH_BUSY', { seconds: RETRY_SECONDS }, { retryAfterSeconds: RETRY_SECONDS });
      }
      const id = ++this.#lastId;
      const onAbort = () => {
        this.#post({ kind: 'cancel', id });
        this.#take(id)?.reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settled = () => signal.removeEventListener('abort', onAbort);
      this.#pending.set(id, {
        job,
        resolve(result) {
          settled();
          resolve(result);
        },
        reject(error) {
          settled();
          reject(error);
        },
      });
      this.#worker ??= this.#start();
      this.#post({ kind: 'start', id, job });
      this.#watch();
    });
  }

  /** Ends the thread; what is not finished is rejected with an AbortError. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#rejectAll(closedError());
    this.#end();
    await Promise.all(this.#ending);
  }

  #start(): Worker {
    const { name, start = startAudioWorker } = this.#options;
    const worker = start(name);
    worker.on('message', (report: WorkerReport) => {
      if (worker === this.#worker) this.#onReport(report);
    });
    worker.on('error', (error) => this.#onDeath(worker, error));
    worker.on('exit', (code) => this.#onDeath(worker, new Error(`exit code ${code}`)));
    return worker;
  }

  #post(request: WorkerRequest): void {
    this.#worker?.postMessage(request);
  }

  #onReport(report: WorkerReport): void {
    this.#busyWith = report.kind === 'turn' ? report.id : undefined;
    switch (report.kind) {
      case 'turn':
      case 'cancelled':
        break;
      case 'done':
        this.#take(report.id)?.resolve(report.result);
        break;
      case 'refused':
        this.#take(report.id)?.reject(new AppError(report.code, { reason: report.reason }));
        break;
      case 'failed':
        this.#options.log.error({ thread: this.#options.name, error: report.error }, 'preparing audio failed');
        this.#take(report.id)?.reject(new AppError('SPEECH_FAILED', {}));
        break;
    }
    this.#watch();
  }

  /** Only the job that the worker was busy with can be at fault; the others get a new worker. */
  #onDeath(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    const { log, name } = this.#options;
    log.error({ thread: name, error: error.message, jobs: this.#pending.size }, 'the audio thread died');
    const guilty = this.#busyWith;
    this.#end();
    if (guilty === undefined) this.#rejectAll(new AppError('SPEECH_FAILED', {}, { cause: error }));
    else this.#take(guilty)?.reject(new AppError('SPEECH_FAILED', {}, { cause: error }));
    if (this.#pending.size === 0) return;
    this.#worker = this.#start();
    for (const [id, { job }] of this.#pending) this.#post({ kind: 'start', id, job });
    this.#watch();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending) this.#watch();
    return pending;
  }

  #rejectAll(error: unknown): void {
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error);
  }

  /** One timer: the idle time when there is nothing to do, the stall time when there is. */
  #watch(): void {
    this.#timer?.cancel();
    const worker = this.#worker;
    if (!worker) return;
    this.#timer =
      this.#pending.size === 0
        ? this.#options.clock.after(this.#options.idleMs, () => this.#end())
        : this.#options.clock.after(this.#options.stallMs, () => this.#onDeath(worker, new Error('no progress')));
  }

  #end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#busyWith = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const ended = worker.terminate().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

function closedError(): DOMException {
  return new DOMException('Speech is closed', 'AbortError');
}
