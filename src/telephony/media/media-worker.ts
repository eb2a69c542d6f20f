import type { EventLoopUtilization } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import { AppError } from '../../kernel/errors.ts';
import type { Prompt } from '../audio/prompt.ts';
import { noCapacity } from '../rtp/port-range.ts';
import { PromptMemory } from './prompt-memory.ts';
import type { MediaCommand, MediaEvent, SettledEvent, WorkerSettings } from './protocol.ts';
import { RemoteStream, type WorkerLink } from './remote-stream.ts';
import { SustainedLoad } from './sustained-load.ts';

/** Ports that are open in advance, so that a call does not wait for the thread. */
const SPARE_STREAMS = 8;
/** They are replaced when so few are left, several at once: each message to the thread and back wakes both sides. */
const FEW_SPARES = 3;
const PROMPT_BYTES = 64 * 1024 * 1024;
const CLOSE_LIMIT_MS = 5000;
/** The share of time that a thread works: beyond the first its timers suffer, below the second there is room for calls again. */
const FULL = 0.9;
const ROOM = 0.8;

interface Asker {
  resolve(stream: RemoteStream): void;
  reject(error: Error): void;
}

/** One media thread, as the main thread holds it: its streams, the spare ones among them, and what it knows. */
export class MediaWorker implements WorkerLink {
  readonly #worker: Worker;
  readonly #maxStreams: number;
  readonly #prompts = new PromptMemory(PROMPT_BYTES);
  /** Every stream the thread has open, spares too, by number. */
  readonly #streams = new Map<number, RemoteStream>();
  /** Streams that are closed, and have recordings that are not complete yet. */
  readonly #finishing = new Map<number, RemoteStream>();
  readonly #spares: RemoteStream[] = [];
  readonly #askers: Asker[] = [];
  readonly #outbox: MediaCommand[] = [];
  readonly #ready: Promise<void>;
  readonly #exited: Promise<void>;
  readonly #busy = new SustainedLoad();
  /** At the last look; the start of a thread does not count. */
  #utilization: EventLoopUtilization | undefined;
  #opening = 0;
  #lastStream = 0;
  #flushPlanned: NodeJS.Immediate | undefined;
  #closing: Promise<void> | undefined;
  #error: Error | undefined;
  #gone = false;

  /** Takes over a thread that was just started. `onLost` is called once when it ends without being told to, after its streams have ended. */
  constructor(worker: Worker, settings: WorkerSettings, onLost: (error: Error, streams: number) => void) {
    this.#worker = worker;
    this.#maxStreams = settings.maxStreams;
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (event: MediaEvent) => {
        if (event.kind === 'ready') {
          this.#utilization = worker.performance.eventLoopUtilization();
          resolve();
        } else this.#receive(event);
      });
      this.#worker.on('error', (error) => {
        this.#error = error;
      });
      this.#worker.once('exit', (code) => {
        const error = new Error('The media worker has stopped', { cause: this.#error ?? new Error(`exit code ${code}`) });
        reject(error);
        const streams = this.openStreams;
        this.#lose(error);
        if (this.#closing === undefined) onLost(error, streams);
      });
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#ready.then(
      () => this.#topUp(),
      () => {},
    );
  }

  /** Resolves when the thread runs. @throws when it does not start. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Streams in use. */
  get openStreams(): number {
    return this.#streams.size - this.#spares.length;
  }

  /** Streams in use, and asked for. */
  get load(): number {
    return this.openStreams + this.#askers.length;
  }

  /** Looks how busy the thread was since the last look. Answers whether it takes calls now, when that has changed. */
  look(): boolean | undefined {
    if (this.#utilization === undefined) return undefined;
    const now = this.#worker.performance.eventLoopUtilization();
    const { utilization } = this.#worker.performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    return this.#busy.look(utilization > (this.#busy.isOver ? ROOM : FULL)) ? !this.#busy.isOver : undefined;
  }

  /** Takes a stream that is open already, or waits for one. @throws AppError NO_CAPACITY when there is none, or the thread ends. */
  open(): Promise<RemoteStream> {
    if (this.#gone || this.#closing !== undefined) return Promise.reject(noCapacity('media workers'));
    if (this.#busy.isOver) return Promise.reject(noCapacity('the time of the media workers'));
    const spare = this.#spares.shift();
    // Those that are being opened may all be promised to somebody already.
    if (!spare && this.#streams.size + this.#opening >= this.#maxStreams && this.#askers.length >= this.#opening) {
      return Promise.reject(noCapacity(`${this.#maxStreams} streams`));
    }
    const opened = spare ? Promise.resolve(spare) : new Promise<RemoteStream>((resolve, reject) => this.#askers.push({ resolve, reject }));
    this.#topUp();
    return opened;
  }

  post(command: MediaCommand): void {
    this.#outbox.push(command);
    this.#flush();
  }

  postSoon(command: MediaCommand): void {
    this.#outbox.push(command);
    this.#flushPlanned ??= setImmediate(() => this.#flush());
  }

  teach(prompt: Prompt): void {
    this.#outbox.push(...this.#prompts.use(prompt));
  }

  /** Closes its streams and ends the thread. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = [...this.#streams.values()].map((stream) => stream.close());
    this.post({ kind: 'stop' });
    for (const asker of this.#askers.splice(0)) asker.reject(noCapacity('media workers'));
    const limit = setTimeout(() => void this.#worker.terminate(), CLOSE_LIMIT_MS);
    await Promise.all(closed);
    await this.#exited;
    clearTimeout(limit);
  }

  #receive(event: Exclude<MediaEvent, { kind: 'ready' }>): void {
    switch (event.kind) {
      case 'opened': {
        this.#opening--;
        const stream = new RemoteStream(event.stream, event.local, this);
        this.#streams.set(event.stream, stream);
        const asker = this.#askers.shift();
        if (asker) asker.resolve(stream);
        else this.#spares.push(stream);
        return;
      }
      case 'refused': {
        this.#opening--;
        const asker = this.#opening < this.#askers.length ? this.#askers.shift() : undefined;
        asker?.reject(event.limit === undefined ? new Error(event.message) : noCapacity(event.limit));
        return;
      }
      case 'closed': {
        const stream = this.#streams.get(event.stream);
        this.#streams.delete(event.stream);
        if (stream?.awaits) this.#finishing.set(event.stream, stream);
        stream?.closed(event.report);
        this.#topUp();
        return;
      }
      case 'digitForPeer':
        this.#streams.get(event.stream)?.onDigitForPeer?.(event.digit);
        return;
      case 'played':
      case 'collected':
      case 'recorded':
      case 'callRecorded':
      case 'digitsSent':
      case 'silent':
      case 'failed':
        this.#settle(event);
        return;
    }
  }

  #settle(event: SettledEvent): void {
    const finishing = this.#finishing.get(event.stream);
    (finishing ?? this.#streams.get(event.stream))?.settled(event);
    if (finishing && !finishing.awaits) this.#finishing.delete(event.stream);
  }

  #topUp(): void {
    if (this.#closing !== undefined || this.#gone) return;
    if (this.#askers.length === 0 && this.#spares.length + this.#opening > FEW_SPARES) return;
    const wanted = this.#askers.length + SPARE_STREAMS;
    while (this.#spares.length + this.#opening < wanted && this.#streams.size + this.#opening < this.#maxStreams) {
      this.#opening++;
      // Replacing a spare can wait until the call that took it is on its way.
      const post = this.#askers.length > 0 ? this.post : this.postSoon;
      post.call(this, { kind: 'open', stream: ++this.#lastStream });
    }
  }

  #flush(): void {
    clearImmediate(this.#flushPlanned);
    this.#flushPlanned = undefined;
    if (this.#outbox.length === 0) return;
    const commands = this.#outbox.splice(0);
    const ports = commands.flatMap((command) => (command.kind === 'bridgeAcross' ? [command.end.port] : []));
    this.#worker.postMessage(commands, ports);
  }

  #lose(error: Error): void {
    this.#gone = true;
    for (const stream of [...this.#streams.values(), ...this.#finishing.values()]) stream.lost(error);
    for (const asker of this.#askers.splice(0)) asker.reject(noCapacity('media workers'));
    this.#streams.clear();
    this.#finishing.clear();
    this.#spares.length = 0;
  }
}

/** Whether `error` says that a limit is reached, so that another worker may be asked. */
export function isNoCapacity(error: unknown): boolean {
  return error instanceof AppError && error.code === 'NO_CAPACITY';
}
