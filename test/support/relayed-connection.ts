import type { Socket } from 'node:net';
import { TcpFraming } from '../../src/wire/tcp-framing.ts';
import { type StreamFaults, StreamFlow } from './stream-flow.ts';

export type Side = 'near' | 'far';

/** What becomes of a message: it goes on, perhaps as the last one; or it is the first one that does not. */
export interface Passing {
  readonly text: string;
  readonly ends?: 'close' | 'stall';
  readonly isLost?: boolean;
}

export interface RelayedConnectionOptions {
  readonly sockets: Readonly<Record<Side, Socket>>;
  readonly faults: StreamFaults;
  /** Decides on each message of a side, one after the other. */
  readonly pass: (from: Side, message: string) => Promise<Passing>;
  readonly onWrite: () => void;
  /** A side pings the other, and that is sent on. */
  readonly onPing: (from: Side) => void;
  /** A side answers a ping of the other (RFC 5626 section 4.4.1), and that has been sent on. */
  readonly onPong: (from: Side) => void;
  /** Comes once, when neither socket is open. */
  readonly onClosed: () => void;
}

const PING = Buffer.from('\r\n\r\n');
const PONG = Buffer.from('\r\n');

/** A connection of a relay: what comes from one side goes on to the other, message by message, until it is closed or stalls. */
export class RelayedConnection {
  readonly #options: RelayedConnectionOptions;
  readonly #framings: Readonly<Record<Side, TcpFraming>> = { near: new TcpFraming(), far: new TcpFraming() };
  readonly #flows: Readonly<Record<Side, StreamFlow>>;
  #isOver = false;
  #isStalled = false;
  #open = 2;

  constructor(options: RelayedConnectionOptions) {
    const { sockets, faults, onWrite } = options;
    this.#options = options;
    this.#flows = { near: new StreamFlow(faults, sockets.far, onWrite), far: new StreamFlow(faults, sockets.near, onWrite) };
    this.#follow('near');
    this.#follow('far');
  }

  /** Idempotent. */
  close(): void {
    this.#isOver = true;
    const { sockets } = this.#options;
    for (const side of ['near', 'far'] as const) {
      this.#flows[side].close();
      sockets[side].destroy();
    }
  }

  #follow(from: Side): void {
    const socket = this.#options.sockets[from];
    let done: Promise<void> = Promise.resolve();
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      done = done.then(() => this.#take(from, chunk));
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#open--;
      if (this.#open === 0) this.#options.onClosed();
      else if (!this.#isStalled) void done.then(() => this.#flows[from].end());
    });
  }

  async #take(from: Side, chunk: Buffer): Promise<void> {
    if (this.#isOver || this.#isStalled) return;
    const to = from === 'near' ? 'far' : 'near';
    const { messages, pings, pongs } = this.#framings[from].push(chunk);
    for (const bytes of messages) {
      const { text, ends, isLost } = await this.#options.pass(from, Buffer.from(bytes).toString('latin1'));
      if (!isLost) this.#flows[from].push(Buffer.from(text, 'latin1'));
      if (ends === 'stall') this.#isStalled = true;
      else if (ends === 'close') this.#cut(from);
      if (ends) return;
    }
    for (let ping = 0; ping < pings; ping++) {
      this.#flows[from].push(PING);
      this.#options.onPing(from);
    }
    if (pings > 0) this.#framings[to].expectPong();
    for (let pong = 0; pong < pongs; pong++) {
      this.#flows[from].push(PONG);
      await this.#flows[from].written;
      this.#options.onPong(from);
    }
  }

  /** Neither side sends more; what is under way from this one still arrives. */
  #cut(from: Side): void {
    this.#isStalled = true;
    this.#flows[from].end();
    this.#options.sockets[from].destroy();
  }
}
