import { setMaxListeners } from 'node:events';
import type { CallEventName } from '../contracts/calls.ts';
import type { SessionInfo } from '../contracts/sessions.ts';
import { type Clock, sleep, type Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { CallbackRefused, checkCallbackUrl } from './callback-url.ts';
import type { PostJson } from './post-json.ts';
import type { AddressCheck } from './public-address.ts';

/** The way of one call to the receiver of its events. */
export interface CallbackLine {
  /** Sends an event with the session as it is at this moment. Returns at once and never throws. */
  tell(event: CallEventName, session: SessionInfo): void;
}

/** What a callback carries, as JSON. */
export interface CallbackBody {
  readonly event: CallEventName;
  /** 1 for the first event that the call sends; a number that is left out was given up. */
  readonly sequence: number;
  /** When it happened. */
  readonly at: string;
  readonly session: SessionInfo;
}

export interface CallbackSenderOptions {
  readonly post: PostJson;
  readonly mayReach: AddressCheck;
  /** For User-Agent. */
  readonly product: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long to wait before an event is sent again, for each time that it could not be. */
const RETRIES_MS = [1000, 5000, 15_000, 60_000];
/** Events that wait, on this server and for one receiver: one that does not answer must not use up the room of all. */
const MOST_WAITING = 10_000;
const MOST_FOR_RECEIVER = 5000;
/** Requests to one receiver at a time. */
const AT_ONCE = 10;
/** How long closing waits for what is queued. */
const FAREWELL_MS = 3000;

interface Line {
  readonly sessionId: string;
  readonly url: URL;
  readonly events: Queued[];
  sequence: number;
}

interface Queued {
  readonly sequence: number;
  readonly body: string;
  attempts: number;
}

/** A host and port that events go to. */
interface Receiver {
  /** Calls whose first event may be sent now. */
  readonly ready: Line[];
  active: number;
  waiting: number;
}

/**
 * Sends the events of calls to the addresses that were given for them. Those of one call arrive in order, one at a time; what cannot be
 * delivered is sent again, and given up in the end. All of it is in memory: what a call costs is an entry in a queue, and a server that
 * stops gives up what it cannot send within 3 s.
 */
export class CallbackSender {
  readonly #options: CallbackSenderOptions;
  readonly #receivers = new Map<string, Receiver>();
  readonly #retries = new Set<Timer>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #waiting = 0;
  /** Events for which there was no room since there last was. */
  #turnedAway = 0;
  #onIdle: () => void = () => {};
  #closing: Promise<void> | undefined;

  constructor(options: CallbackSenderOptions) {
    this.#options = options;
    // Every request that is under way listens.
    setMaxListeners(0, this.#stopping.signal);
  }

  /** Events that are neither delivered nor given up. */
  get waiting(): number {
    return this.#waiting;
  }

  /** What is wrong with an address that events are to be sent to; see `checkCallbackUrl`. */
  problemOf(url: string): string | undefined {
    return checkCallbackUrl(url, this.#options.mayReach);
  }

  /** The way for the events of one call. `url` has no problem. */
  open(sessionId: string, url: string): CallbackLine {
    const line: Line = { sessionId, url: new URL(url), events: [], sequence: 0 };
    return { tell: (event, session) => this.#tell(line, event, session) };
  }

  /** Lets what is queued go out for a moment, and gives up the rest. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #tell(line: Line, event: CallEventName, session: SessionInfo): void {
    const sequence = ++line.sequence;
    const { host } = line.url;
    const receiver = this.#receivers.get(host) ?? { ready: [], active: 0, waiting: 0 };
    if (this.#closing || this.#waiting >= MOST_WAITING || receiver.waiting >= MOST_FOR_RECEIVER) {
      if (this.#turnedAway++ === 0) this.#log(line, 'Status callbacks are given up: too many wait');
      return;
    }
    this.#turnedAway = 0;
    this.#receivers.set(host, receiver);
    const at = new Date(this.#options.clock.now()).toISOString();
    const body: CallbackBody = { event, sequence, at, session };
    line.events.push({ sequence, body: JSON.stringify(body), attempts: 0 });
    receiver.waiting++;
    this.#waiting++;
    if (line.events.length === 1) this.#ready(receiver, line);
  }

  #ready(receiver: Receiver, line: Line): void {
    receiver.ready.push(line);
    this.#startNext(receiver);
  }

  #startNext(receiver: Receiver): void {
    while (receiver.active < AT_ONCE && !this.#stopping.signal.aborted) {
      const line = receiver.ready.shift();
      const event = line?.events[0];
      if (!line || !event) return;
      receiver.active++;
      const sent: Promise<void> = this.#send(receiver, line, event).finally(() => this.#running.delete(sent));
      this.#running.add(sent);
    }
  }

  async #send(receiver: Receiver, line: Line, event: Queued): Promise<void> {
    const failure = await this.#attempt(line, event);
    receiver.active--;
    if (this.#stopping.signal.aborted) return;
    const retryMs = failure?.mayPass ? RETRIES_MS[event.attempts++] : undefined;
    if (retryMs === undefined) {
      if (failure) this.#log(line, 'A status callback was given up', { sequence: event.sequence, reason: failure.reason });
      this.#settled(receiver, line);
    } else {
      const timer = this.#options.clock.after(retryMs, () => {
        this.#retries.delete(timer);
        this.#ready(receiver, line);
      });
      this.#retries.add(timer);
    }
    this.#startNext(receiver);
  }

  /** Sends an event once. Answers why it has not arrived, and whether that may pass; undefined when it has. */
  async #attempt({ sessionId, url }: Line, { sequence, body }: Queued): Promise<{ reason: string; mayPass: boolean } | undefined> {
    const { post, product } = this.#options;
    const headers = { 'user-agent': product, 'idempotency-key': `${sessionId}-${sequence}` };
    try {
      const status = await post({ url, body, headers }, this.#stopping.signal);
      return status >= 200 && status < 300 ? undefined : { reason: `HTTP ${status}`, mayPass: status === 429 || status >= 500 };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error), mayPass: !(error instanceof CallbackRefused) };
    }
  }

  /** The first event of a line is delivered or given up. */
  #settled(receiver: Receiver, line: Line): void {
    line.events.shift();
    receiver.waiting--;
    this.#waiting--;
    if (line.events.length > 0) receiver.ready.push(line);
    if (receiver.waiting === 0) this.#receivers.delete(line.url.host);
    if (this.#waiting === 0) this.#onIdle();
  }

  async #close(): Promise<void> {
    const { clock, log } = this.#options;
    const patience = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      if (this.#waiting === 0) resolve();
    });
    await Promise.race([idle, sleep(clock, FAREWELL_MS, patience.signal).catch(() => undefined)]);
    patience.abort();
    if (this.#waiting > 0) log.warn({ events: this.#waiting }, 'Status callbacks were given up: the server stops');
    this.#stopping.abort(new Error('The server stops'));
    for (const timer of this.#retries) timer.cancel();
    await Promise.all(this.#running);
  }

  /** The rest of the address may hold secrets of the receiver. */
  #log({ sessionId, url }: Line, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#options.log.warn({ sessionId, receiver: url.origin, ...fields }, message);
  }
}
