import type { CallLeg, Collected, CollectRules, PlayRules, Prompt, Recorded, RecordRules, TransferOutcome } from '../telephony/port.ts';

/** Why something of a flow is interrupted that begins anew when the call goes on. */
const onHold = new DOMException('The call is on hold', 'AbortError');

/**
 * A call as its flow has it: while somebody holds the call, its flow stands still. What it was playing or waiting for begins anew afterwards. A
 * recording goes on, and hears nothing.
 */
export class FlowLeg implements CallLeg {
  readonly #call: CallLeg;
  readonly #interrupt: () => () => void;
  readonly #running = new Set<AbortController>();
  #hold: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  /** @param interrupt ends what is played to the call beside its flow, and answers how to begin it again */
  constructor(call: CallLeg, interrupt: () => () => void) {
    this.#call = call;
    this.#interrupt = interrupt;
  }

  get id(): string {
    return this.#call.id;
  }

  get direction(): CallLeg['direction'] {
    return this.#call.direction;
  }

  get from(): string {
    return this.#call.from;
  }

  get to(): string {
    return this.#call.to;
  }

  /** Lets the flow stand still. Idempotent. */
  stop(): void {
    if (this.#hold) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#hold = { over, end };
    for (const running of this.#running) running.abort(onHold);
  }

  /** Lets the flow go on. Idempotent. */
  go(): void {
    this.#hold?.end();
    this.#hold = undefined;
  }

  /** Resolves when the flow may go on. @throws the signal's reason */
  async free(signal: AbortSignal): Promise<void> {
    while (this.#hold) {
      const { over } = this.#hold;
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        void over.then(() => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        });
      });
    }
  }

  async play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    return this.#untilDone(signal, async (whole) => {
      const goOn = this.#interrupt();
      try {
        return await this.#call.play(prompt, rules, whole);
      } finally {
        goOn();
      }
    });
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    return this.#untilDone(signal, (whole) => this.#call.collect(rules, whole));
  }

  clearDigits(): void {
    this.#call.clearDigits();
  }

  async record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    if (this.#hold) await this.free(signal);
    return this.#call.record(rules, signal);
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    if (this.#hold) await this.free(signal);
    return this.#call.sendDigits(digits, signal);
  }

  async transfer(to: string, signal: AbortSignal): Promise<TransferOutcome> {
    if (this.#hold) await this.free(signal);
    return this.#call.transfer(to, signal);
  }

  hangup(): Promise<void> {
    return this.#call.hangup();
  }

  /** Begins in the same turn when nobody holds the call. */
  async #untilDone<T>(signal: AbortSignal, begin: (whole: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#hold) await this.free(signal);
      signal.throwIfAborted();
      const running = new AbortController();
      const onAbort = (): void => running.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#running.add(running);
      try {
        return await begin(running.signal);
      } catch (error) {
        if (error !== onHold) throw error;
      } finally {
        this.#running.delete(running);
        signal.removeEventListener('abort', onAbort);
      }
    }
  }
}
