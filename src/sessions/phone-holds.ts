import type { AnsweredCall, Prompt } from '../telephony/port.ts';
import { RepeatedPrompt } from './repeated-prompt.ts';

export interface PhoneHoldsParts {
  /** What who is on hold hears. */
  readonly holdMusic: () => Prompt | Promise<Prompt>;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
}

/** One of two calls that are joined. */
type Side = Pick<AnsweredCall, 'isHolding' | 'onHolding' | 'play'>;

/** Who hears music. */
interface Hearer {
  readonly call: Side;
  /** Once it is there. */
  music: RepeatedPrompt | undefined;
}

/**
 * The holds of the phones of two calls that are joined (RFC 3264 section 8.4, RFC 5359 section 2.3): while one of them holds, the other side hears
 * music from us instead of what the phone sends. The calls stay joined, and nobody is told anything.
 */
export class PhoneHolds {
  readonly #parts: PhoneHoldsParts;
  #calls: readonly [Side, Side] | undefined;
  #leave: (() => void)[] = [];
  #hearer: Hearer | undefined;

  constructor(parts: PhoneHoldsParts) {
    this.#parts = parts;
  }

  /** The two are joined from now on, and nobody else is. */
  join(one: Side, other: Side): void {
    this.part();
    this.#calls = [one, other];
    this.#leave = [one, other].map((call) => call.onHolding(() => this.#changed(call)));
    this.#follow();
  }

  /** They are not joined any more. Idempotent. */
  part(): void {
    for (const leave of this.#leave) leave();
    this.#leave = [];
    this.#calls = undefined;
    this.#follow();
  }

  /** The music that this call hears, if it does. */
  musicOf(call: Side): RepeatedPrompt | undefined {
    return this.#hearer?.call === call ? this.#hearer.music : undefined;
  }

  #changed({ isHolding }: Side): void {
    this.#parts.note(isHolding ? 'A phone has put the call on hold: the other side hears music' : 'The phone has resumed the call');
    this.#follow();
  }

  #follow(): void {
    const [one, other] = this.#calls ?? [];
    // Of two who hold nobody would hear it.
    const held = one && other && one.isHolding !== other.isHolding ? (one.isHolding ? other : one) : undefined;
    if (this.#hearer?.call === held) return;
    this.#hearer?.music?.stop();
    this.#hearer = held && { call: held, music: undefined };
    if (this.#hearer) void this.#play(this.#hearer);
  }

  /** Never rejects. */
  async #play(hearer: Hearer): Promise<void> {
    try {
      const music = await this.#parts.holdMusic();
      if (this.#hearer === hearer) hearer.music = new RepeatedPrompt(hearer.call, music);
    } catch (error) {
      this.#parts.note(`There is no music on hold: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
