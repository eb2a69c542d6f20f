import type { Socket } from 'node:net';

/** What becomes of a stream on its way. Nothing of it is lost, and nothing overtakes anything. */
export interface StreamFaults {
  /** It comes in pieces of at most so many bytes. */
  readonly pieceBytes?: number;
  /** What comes within this time goes on all in one. */
  readonly gathersMs?: number;
  /** How much later everything comes. */
  readonly delayMs?: number;
}

/** One direction of a connection: splits, joins and delays what goes to a socket. */
export class StreamFlow {
  readonly #faults: StreamFaults;
  readonly #to: Socket;
  readonly #onWrite: () => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #gathered: Buffer[] | undefined;
  #isOpen = true;
  #isEnding = false;
  /** Writes that are not done. */
  #busy = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(faults: StreamFaults, to: Socket, onWrite: () => void) {
    this.#faults = faults;
    this.#to = to;
    this.#onWrite = onWrite;
  }

  /** Resolves when what has been sent on is with the system, and whoever waits for it has had a turn. */
  get written(): Promise<void> {
    return this.#written;
  }

  push(bytes: Buffer): void {
    const { gathersMs } = this.#faults;
    if (!this.#isOpen) return;
    if (gathersMs === undefined) {
      this.#delay(bytes);
      return;
    }
    if (!this.#gathered) {
      this.#gathered = [];
      this.#after(gathersMs, () => {
        const all = Buffer.concat(this.#gathered ?? []);
        this.#gathered = undefined;
        this.#delay(all);
      });
    }
    this.#gathered.push(bytes);
  }

  /** The connection is closed when all that is under way has arrived. */
  end(): void {
    this.#isEnding = true;
    this.#endWhenDone();
  }

  /** What is under way never arrives. Idempotent. */
  close(): void {
    this.#isOpen = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #delay(bytes: Buffer): void {
    const { delayMs } = this.#faults;
    if (delayMs === undefined) this.#write(bytes);
    else this.#after(delayMs, () => this.#write(bytes));
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
      this.#endWhenDone();
    }, ms);
    this.#timers.add(timer);
  }

  #write(bytes: Buffer): void {
    this.#busy++;
    this.#written = this.#written.then(async () => {
      const { pieceBytes = bytes.length } = this.#faults;
      for (let at = 0; at < bytes.length && this.#isOpen && this.#to.writable; at += pieceBytes) {
        this.#to.write(bytes.subarray(at, at + pieceBytes));
        this.#onWrite();
        await new Promise((resolve) => setImmediate(resolve));
      }
      this.#busy--;
      this.#endWhenDone();
    });
  }

  #endWhenDone(): void {
    if (this.#isEnding && this.#busy === 0 && this.#timers.size === 0) this.#to.end();
  }
}
