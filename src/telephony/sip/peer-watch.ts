import type { Timer } from '../../kernel/clock.ts';
import type { DialogContext } from './dialog-context.ts';
import { answered, askAtMs, heardAt, laterHeard, type PeerAnswer, type PeerLife } from './peer-life.ts';

/** For how long nothing has come from the peer beside the dialog, as its audio does, in ms. It may reject when that is over. */
export type SilenceBeside = () => Promise<number>;

/**
 * Finds out that the peer of a call is gone without a word: when neither a message nor sound has come for a minute, it is asked by OPTIONS
 * in the dialog whether it still has the call (RFC 3261 sections 11 and 12.2.1.2). Silence alone ends no call.
 */
export class PeerWatch {
  readonly #dialog: DialogContext;
  readonly #lost: (status: number, reason: string) => void;
  #silenceBeside: SilenceBeside | undefined;
  #life: PeerLife = heardAt(0);
  #timer: Timer | undefined;
  #closed = false;

  /** `lost` is called when the peer has the call no more. */
  constructor(dialog: DialogContext, lost: (status: number, reason: string) => void) {
    this.#dialog = dialog;
    this.#lost = lost;
  }

  /** Watches from now on. */
  begin(silenceBeside: SilenceBeside): void {
    this.#silenceBeside = silenceBeside;
    this.#life = heardAt(this.#dialog.core.clock.now());
    this.#wait();
  }

  /** The dialog is over. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer?.cancel();
    if (this.#closed) return;
    const { clock } = this.#dialog.core;
    this.#timer = clock.after(Math.max(0, askAtMs(this.#life) - clock.now()), () => void this.#look());
  }

  async #look(): Promise<void> {
    await this.#listen();
    if (this.#closed) return;
    if (askAtMs(this.#life) > this.#dialog.core.clock.now()) this.#wait();
    else this.#ask();
  }

  #ask(): void {
    this.#dialog.send(
      'OPTIONS',
      { headers: [['Accept', 'application/sdp']] },
      {
        final: ({ status }) => void this.#answered(status),
        failed: (why) => void this.#answered(why),
      },
    );
  }

  async #answered(answer: PeerAnswer): Promise<void> {
    const before = this.#life;
    if (answer !== 481) await this.#listen();
    if (this.#closed) return;
    if (this.#life === before) {
      const life = answered(before, answer, this.#dialog.core.clock.now());
      if ('lost' in life) {
        this.#lost(life.lost, reasonOf(life.lost));
        return;
      }
      this.#life = life;
    }
    this.#wait();
  }

  /** Notes when something came last. */
  async #listen(): Promise<void> {
    const { clock } = this.#dialog.core;
    try {
      const silentMs = await this.#silenceBeside?.();
      if (silentMs !== undefined) this.#life = laterHeard(this.#life, clock.now() - silentMs);
    } catch {
      // There is no sound any more; what is heard is messages.
    }
    this.#life = laterHeard(this.#life, this.#dialog.heardAtMs);
  }
}

function reasonOf(status: number): string {
  if (status === 481) return 'The peer does not know the call any more';
  return status === 408 ? 'Nothing comes from the peer any more, and it does not answer' : 'The peer cannot be reached any more';
}
