import type { DialogContext } from './dialog-context.ts';
import { quote } from './token.ts';

/** How a dialog came to its end. */
export interface DialogEnd {
  readonly by: 'peer' | 'us' | 'error';
  readonly status?: number;
  readonly reason?: string;
}

/** What the dialog does at its end. */
export interface DialogEndingOwner {
  /** Whether a 2xx of ours waits for its ACK: BYE must wait for it too (RFC 3261 section 15). */
  isAckDue(): boolean;
  /** Neither side will say more than BYE. Called once, before anybody is told. */
  finished(): void;
  /** Nothing more is to be said: the dialog leaves the table. */
  drop(): void;
}

/** The end of one dialog: who ended it, and the BYE that we say (RFC 3261 section 15). */
export class DialogEnding {
  readonly #context: DialogContext;
  readonly #owner: DialogEndingOwner;
  #end: DialogEnd | undefined;
  #handlers: ((end: DialogEnd) => void)[] = [];
  #bye: Promise<void> | undefined;
  #resolveBye: () => void = () => {};
  /** Sends the BYE that waits for the ACK to our 2xx. */
  #sendWaitingBye: (() => void) | undefined;

  constructor(context: DialogContext, owner: DialogEndingOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Whether the call is over. */
  get over(): boolean {
    return this.#end !== undefined;
  }

  /** Calls `handler` once, when the call is over; at once when it is already. */
  onEnded(handler: (end: DialogEnd) => void): void {
    if (this.#end) handler(this.#end);
    else this.#handlers.push(handler);
  }

  /** Hangs up. Resolves when the dialog is dropped. Idempotent, never rejects. */
  bye(reason?: string): Promise<void> {
    if (this.#bye !== undefined) return this.#bye;
    if (this.#end) return Promise.resolve();
    this.#bye = new Promise((resolve) => {
      this.#resolveBye = resolve;
    });
    if (this.#owner.isAckDue()) this.#sendWaitingBye = () => this.#sendBye(reason);
    else this.#sendBye(reason);
    this.#finish({ by: 'us' });
    return this.#bye;
  }

  /** The peer said BYE. */
  byPeer(reason: string | undefined): void {
    this.#finish({ by: 'peer', ...(reason !== undefined && { reason }) });
    // A BYE of our own that has crossed this one keeps the dialog until it is answered.
    if (!this.#bye || this.#sendWaitingBye) this.#owner.drop();
  }

  /** Ends the dialog because it cannot go on, and says BYE. */
  fail(status: number, reason: string): void {
    if (this.#end) {
      this.ackSettled();
      return;
    }
    const { phase, role } = this.#context.state;
    this.#finish({ by: 'error', status, reason });
    // A callee must not say BYE before its final response, which is the end of the early dialog (RFC 3261 section 15).
    if (phase === 'early' && role === 'uas') this.#owner.drop();
    else if (this.#bye === undefined) this.#sendBye(reason);
  }

  /** The ACK that was due is there, or will never come: the BYE that waited for it leaves. */
  ackSettled(): void {
    this.#sendWaitingBye?.();
  }

  /** The dialog has left the table: whoever waits for the BYE waits no longer. */
  dropped(): void {
    this.#resolveBye();
  }

  #sendBye(reason: string | undefined): void {
    this.#sendWaitingBye = undefined;
    const headers = reason === undefined ? [] : ([['Reason', `SIP;text=${quote(reason)}`]] as const);
    const drop = (): void => this.#owner.drop();
    this.#context.send('BYE', { headers }, { final: drop, failed: drop });
  }

  #finish(end: DialogEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#owner.finished();
    const handlers = this.#handlers;
    this.#handlers = [];
    for (const handler of handlers) handler(end);
  }
}
