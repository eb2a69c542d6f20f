import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import { newBridgeEnds } from './far-side.ts';
import type {
  AgreedMedia,
  AudioRoom,
  CallRecorded,
  Collected,
  CollectRules,
  MediaStream,
  PlayRules,
  Recorded,
  RecordingAction,
  RecordingLayout,
  RecordRules,
} from './media-port.ts';
import { type MediaReport, nothingSeen } from './media-report.ts';
import type { MediaCommand, SettledEvent } from './protocol.ts';
import { newWait, streamClosed } from './wait.ts';

/** The way to the worker that a stream lives in. */
export interface WorkerLink {
  /** Sends one command, with all that wait, at once. */
  post(command: MediaCommand): void;
  /** Sends one command at the end of this turn, or with the next one that goes at once. */
  postSoon(command: MediaCommand): void;
  /** Makes sure that the worker knows `prompt`. */
  teach(prompt: Prompt): void;
}

interface Waiting {
  settled(event: SettledEvent): void;
  failed(error: Error): void;
  /** Whether it ends with the stream, or with what the worker says of it. */
  readonly untilTold: boolean;
}

/** A stream of a media worker, as the main thread holds it. */
export class RemoteStream implements MediaStream {
  readonly local: Endpoint;
  onDigitForPeer: ((digit: string) => void) | undefined;
  readonly #number: number;
  readonly #link: WorkerLink;
  readonly #waits = new Map<number, Waiting>();
  #lastWait = 0;
  /** Why nothing more can be asked. */
  #over: Error | undefined;
  #reported: (report: MediaReport) => void = () => {};
  #isLost = false;
  #onLost: () => void = () => {};
  #closing: Promise<MediaReport> | undefined;

  constructor(number: number, local: Endpoint, link: WorkerLink) {
    this.#number = number;
    this.local = local;
    this.#link = link;
  }

  start(agreed: AgreedMedia): void {
    if (!this.#over) this.#link.postSoon({ kind: 'start', stream: this.#number, agreed });
  }

  answered(): void {
    if (!this.#over) this.#link.postSoon({ kind: 'answered', stream: this.#number });
  }

  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    return this.#ask(
      signal,
      (wait) => {
        this.#link.teach(prompt);
        return { kind: 'play', stream: this.#number, wait, promptId: prompt.id, rules };
      },
      (event) => (event.kind === 'played' ? event.result : undefined),
    );
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    return this.#ask(
      signal,
      (wait) => ({ kind: 'collect', stream: this.#number, wait, rules }),
      (event) => (event.kind === 'collected' ? event.collected : undefined),
    );
  }

  pressed(digit: string): void {
    if (!this.#over) this.#link.post({ kind: 'pressed', stream: this.#number, digit });
  }

  silentMs(): Promise<number> {
    return this.#ask(
      new AbortController().signal,
      (wait) => ({ kind: 'silence', stream: this.#number, wait }),
      (event) => (event.kind === 'silent' ? event.ms : undefined),
    );
  }

  clearDigits(): void {
    if (!this.#over) this.#link.post({ kind: 'clearDigits', stream: this.#number });
  }

  bridge(other: MediaStream): void {
    if (!(other instanceof RemoteStream) || other === this) throw new Error('The streams cannot be joined');
    const over = this.#over ?? other.#over;
    if (over) throw over;
    if (other.#link === this.#link) {
      this.#link.post({ kind: 'bridge', stream: this.#number, other: other.#number });
      return;
    }
    const [here, there] = newBridgeEnds();
    this.#link.post({ kind: 'bridgeAcross', stream: this.#number, end: here });
    other.#link.post({ kind: 'bridgeAcross', stream: other.#number, end: there });
  }

  unbridge(): void {
    if (!this.#over) this.#link.post({ kind: 'unbridge', stream: this.#number });
  }

  joinRoom(room: AudioRoom, muted: boolean): void {
    if (this.#over) throw this.#over;
    this.#link.post({ kind: 'joinRoom', stream: this.#number, room, muted });
  }

  muteInRoom(muted: boolean): void {
    if (!this.#over) this.#link.post({ kind: 'muteInRoom', stream: this.#number, muted });
  }

  leaveRoom(): void {
    if (!this.#over) this.#link.post({ kind: 'leaveRoom', stream: this.#number });
  }

  /** Whether the stream lives in the thread that `link` leads to. */
  isOf(link: WorkerLink): boolean {
    return this.#link === link;
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    await this.#ask(
      signal,
      (wait) => ({ kind: 'sendDigits', stream: this.#number, wait, digits }),
      (event) => (event.kind === 'digitsSent' ? true : undefined),
    );
  }

  async record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    signal.throwIfAborted();
    if (this.#over) throw this.#over;
    const wait = ++this.#lastWait;
    const onAbort = (): void => this.#link.post({ kind: 'abort', stream: this.#number, wait });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const recorded = this.#told(wait, (event) => (event.kind === 'recorded' ? event.recorded : undefined));
      this.#link.post({ kind: 'record', stream: this.#number, wait, rules });
      return await recorded;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async recordCall(path: string, layout: RecordingLayout): Promise<CallRecorded> {
    if (this.#over) throw this.#over;
    const wait = ++this.#lastWait;
    const recorded = this.#told(wait, (event) => (event.kind === 'callRecorded' ? event.recorded : undefined));
    // Together with `start` before it and the `play` that follows, so that the first packet still carries the prompt.
    this.#link.postSoon({ kind: 'recordCall', stream: this.#number, wait, path, layout });
    return recorded;
  }

  controlRecording(action: RecordingAction): void {
    if (!this.#over) this.#link.post({ kind: 'controlRecording', stream: this.#number, action });
  }

  close(): Promise<MediaReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The worker says how a wait ended. */
  settled(event: SettledEvent): void {
    const waiting = this.#waits.get(event.wait);
    if (!waiting) return;
    this.#waits.delete(event.wait);
    if (event.kind === 'failed') waiting.failed(new Error(event.message));
    else waiting.settled(event);
  }

  /** Whether the worker still has to say how something ended. */
  get awaits(): boolean {
    return this.#waits.size > 0;
  }

  /** The worker has closed the stream. */
  closed(report: MediaReport): void {
    this.#reported(report);
  }

  onLost(handler: () => void): void {
    this.#onLost = handler;
    if (this.#isLost) queueMicrotask(handler);
  }

  /** The worker is gone: everything ends with `error`, and what the stream saw is not known. */
  lost(error: Error): void {
    this.#over ??= error;
    this.#closing ??= Promise.resolve(nothingSeen);
    this.#reported(nothingSeen);
    this.#failWaits(error, () => true);
    this.#isLost = true;
    this.#onLost();
  }

  #close(): Promise<MediaReport> {
    this.#over = streamClosed;
    const closed = new Promise<MediaReport>((resolve) => {
      this.#reported = resolve;
    });
    this.#link.post({ kind: 'close', stream: this.#number });
    this.#failWaits(streamClosed, (waiting) => !waiting.untilTold);
    return closed;
  }

  /** What the worker says in the end, also after the stream was closed here. */
  #told<Value>(wait: number, read: (event: SettledEvent) => Value | undefined): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waits.set(wait, {
        untilTold: true,
        settled: (event) => {
          const value = read(event);
          if (value !== undefined) resolve(value);
        },
        failed: reject,
      });
    });
  }

  #ask<Value>(
    signal: AbortSignal,
    command: (wait: number) => MediaCommand,
    read: (event: SettledEvent) => Value | undefined,
  ): Promise<Value> {
    if (this.#over) return Promise.reject(this.#over);
    const number = ++this.#lastWait;
    const wait = newWait<Value>(signal, () => {
      if (this.#waits.delete(number)) this.#link.post({ kind: 'abort', stream: this.#number, wait: number });
    });
    if (signal.aborted) return wait.promise;
    this.#waits.set(number, {
      untilTold: false,
      settled: (event) => {
        const value = read(event);
        if (value !== undefined) wait.resolve(value);
      },
      failed: (error) => wait.reject(error),
    });
    this.#link.post(command(number));
    return wait.promise;
  }

  #failWaits(error: Error, which: (waiting: Waiting) => boolean): void {
    for (const [number, waiting] of [...this.#waits]) {
      if (!which(waiting)) continue;
      this.#waits.delete(number);
      waiting.failed(error);
    }
  }
}
