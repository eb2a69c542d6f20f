import type { Socket } from 'node:net';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { KeepAlive, type KeepAliveOptions } from './keep-alive.ts';
import { TcpFraming } from './tcp-framing.ts';

export interface TcpLimits {
  /** A connection on which nothing moved for so long is closed. */
  readonly idleMs: number;
  /** A message must be whole so long after it began. */
  readonly messageMs: number;
  /** What may wait to be sent on one connection; a peer that reads nothing is given up beyond it. */
  readonly maxQueuedBytes: number;
  /** A peer must send a first whole message so long after it connected, whatever else it sends; absent: it may be as idle as ever. */
  readonly firstMessageMs?: number | undefined;
}

export interface TcpConnectionEvents {
  /** Asked for each message and each ping: whether it is taken. If not, the connection is closed. */
  admits(): boolean;
  message(bytes: Uint8Array): void;
  /** Comes once; nothing comes after it. */
  closed(): void;
}

/** Pings to the peer, on connections that we have opened; on others see `keep`. */
export interface TcpPings {
  readonly random: Random;
  /** Whether the peer has answered a ping before, on whatever connection. */
  readonly answers: () => boolean;
  /** The peer has answered one. */
  readonly answered: () => void;
}

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');

/** One established connection: cuts what comes into messages, answers pings, and closes itself by the limits. */
export class TcpConnection {
  readonly socket: Socket;
  readonly #clock: Clock;
  readonly #limits: TcpLimits;
  readonly #events: TcpConnectionEvents;
  readonly #framing = new TcpFraming();
  readonly #pings: TcpPings | undefined;
  #keepAlive: KeepAlive | undefined;
  /** Whether the peer has answered a ping on this connection. */
  #answersPings = false;
  #keptUntilMs = 0;
  #lastMoveMs: number;
  #idleTimer: Timer;
  #messageTimer: Timer | undefined;
  #closed = false;
  /** Whether the peer has still to send its first message. */
  #mustSpeak: boolean;

  /** Without `pings` none are sent. */
  constructor(socket: Socket, clock: Clock, limits: TcpLimits, events: TcpConnectionEvents, pings?: TcpPings) {
    this.socket = socket;
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
    this.#pings = pings;
    this.#keepAlive = pings && this.#newKeepAlive({ random: pings.random, answers: pings.answers });
    this.#lastMoveMs = clock.now();
    this.#mustSpeak = limits.firstMessageMs !== undefined;
    this.#idleTimer = clock.after(limits.firstMessageMs ?? limits.idleMs, () => this.#checkIdle());
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // 'close' follows, and is all that matters.
    socket.on('error', () => {});
    socket.once('close', () => this.close());
  }

  /** Whether it can still be sent on. */
  get alive(): boolean {
    return !this.#closed && this.socket.writable;
  }

  /** Until then it is not closed for being idle, and the peer is pinged. A time that is past: not any more. */
  keep(untilMs: number, random: Random | undefined): void {
    if (this.#closed) return;
    this.#keptUntilMs = untilMs;
    this.#idleTimer.cancel();
    // What is said at once, as the end of a registration, still goes over it.
    this.#idleTimer = this.#clock.after(Math.max(0, this.#idleLeftMs()), () => this.#checkIdle());
    // What we have opened is pinged as it is, and for as long as it is kept.
    if (this.#pings !== undefined || random === undefined) return;
    this.#keepAlive?.close();
    this.#keepAlive = this.#newKeepAlive({ random, answers: () => this.#answersPings, servesMs: 0 });
  }

  /** Hands bytes over to the system, or queues them. @throws when the connection is closed or its queue is full. */
  send(bytes: Uint8Array): void {
    if (!this.alive) throw new Error('The connection is closed');
    if (this.socket.writableLength + bytes.length > this.#limits.maxQueuedBytes) {
      this.close();
      throw new Error('The peer does not read what is sent to it');
    }
    this.#lastMoveMs = this.#clock.now();
    this.#keepAlive?.used();
    this.socket.write(bytes);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#idleTimer.cancel();
    this.#keepAlive?.close();
    this.#messageTimer?.cancel();
    this.socket.destroy();
    this.#events.closed();
  }

  #newKeepAlive(options: Pick<KeepAliveOptions, 'random' | 'answers' | 'servesMs'>): KeepAlive {
    const clock = this.#clock;
    const isKept = (): boolean => clock.now() < this.#keptUntilMs;
    return new KeepAlive({ ...options, clock, isKept, ping: () => this.#ping(), lost: () => this.close() });
  }

  /** It is no move: a connection that serves nothing is closed in spite of it. */
  #ping(): void {
    if (!this.alive) return;
    this.#framing.expectPong();
    this.socket.write(PING);
  }

  #take(chunk: Buffer): void {
    this.#lastMoveMs = this.#clock.now();
    this.#keepAlive?.heard();
    let messages: readonly Uint8Array[];
    try {
      const frames = this.#framing.push(chunk);
      messages = frames.messages;
      if (frames.pongs > 0) {
        this.#answersPings = true;
        this.#pings?.answered();
      }
      if (messages.length > 0) this.#keepAlive?.used();
      for (let ping = 0; ping < frames.pings; ping++) {
        if (!this.#events.admits()) throw new Error('The peer sends too much');
        if (this.alive) this.socket.write(PONG);
      }
    } catch {
      this.close();
      return;
    }
    if (messages.length > 0) this.#mustSpeak = false;
    this.#watchMessage(messages.length > 0);
    for (const message of messages) {
      if (!this.#events.admits()) {
        this.close();
        return;
      }
      this.#events.message(message);
    }
  }

  #watchMessage(progress: boolean): void {
    if (progress || !this.#framing.partial) {
      this.#messageTimer?.cancel();
      this.#messageTimer = undefined;
    }
    if (this.#framing.partial) this.#messageTimer ??= this.#clock.after(this.#limits.messageMs, () => this.close());
  }

  /** One timer that looks when the last move was costs less than one set anew for each message. */
  #checkIdle(): void {
    const leftMs = this.#idleLeftMs();
    if (this.#mustSpeak || leftMs <= 0) this.close();
    else this.#idleTimer = this.#clock.after(leftMs, () => this.#checkIdle());
  }

  #idleLeftMs(): number {
    return Math.max(this.#lastMoveMs + this.#limits.idleMs, this.#keptUntilMs) - this.#clock.now();
  }
}
