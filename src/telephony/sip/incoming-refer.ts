import type { Timer } from '../../kernel/clock.ts';
import type { DialogContext } from './dialog-context.ts';
import { SIPFRAG, type SipfragStatus, writeSipfrag } from './sipfrag.ts';

/** How the peer hears of the call that it asked us to place. */
export interface ReferReport {
  /**
   * Tells it a status of that call (RFC 3515 section 2.4.4). The first final one is the last. Resolves when nothing is left to tell: the last
   * NOTIFY is answered, or never will be. Never rejects.
   */
  tell(status: number, reason: string): Promise<void>;
}

/** How long a call may take that we were asked to place. */
const DURATION_MS = 180_000;

/** The subscription that came with a REFER of the peer: tells it how the new call goes, by one NOTIFY after the other. */
export class ReferSubscription implements ReferReport {
  readonly #dialog: DialogContext;
  readonly #id: string;
  readonly #deadline: Timer;
  readonly #endsAtMs: number;
  #next: SipfragStatus | undefined;
  #sending = false;
  #over = false;
  readonly #told: Promise<void>;
  #resolveTold: () => void = () => {};

  /** `id` is '' or the parameter that tells it from others of its dialog. */
  constructor(dialog: DialogContext, id: string) {
    this.#dialog = dialog;
    this.#id = id;
    this.#told = new Promise((resolve) => {
      this.#resolveTold = resolve;
    });
    const { clock } = dialog.core;
    this.#endsAtMs = clock.now() + DURATION_MS;
    this.#deadline = clock.after(DURATION_MS, () => void this.tell(408, 'Request Timeout'));
    void this.tell(100, 'Trying');
  }

  /** Whether nothing more will be told. */
  get over(): boolean {
    return this.#over;
  }

  tell(status: number, reason: string): Promise<void> {
    if (!this.#over && (!this.#next || this.#next.status < 200)) {
      this.#next = { status, reason };
      if (!this.#sending) this.#send();
    }
    return this.#told;
  }

  /** The dialog is over: nobody can be told any more. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.cancel();
    this.#resolveTold();
  }

  #send(): void {
    const next = this.#next;
    if (!next) return;
    this.#next = undefined;
    this.#sending = true;
    const { state, core } = this.#dialog;
    const final = next.status >= 200;
    const leftSeconds = Math.max(1, Math.ceil((this.#endsAtMs - core.clock.now()) / 1000));
    const headers = [
      ['Event', `refer${this.#id}`],
      ['Subscription-State', final ? 'terminated;reason=noresource' : `active;expires=${leftSeconds}`],
      ['Contact', `<${state.contact}>`],
    ] as const;
    this.#dialog.send(
      'NOTIFY',
      { headers, body: { type: SIPFRAG, text: writeSipfrag(next) } },
      { final: ({ status }) => this.#sent(final || status >= 300), failed: () => this.#sent(true) },
    );
  }

  /** A peer that refuses a NOTIFY does not want any other (RFC 6665 section 4.2.2). */
  #sent(last: boolean): void {
    this.#sending = false;
    if (last) this.close();
    else if (!this.#over) this.#send();
  }
}
