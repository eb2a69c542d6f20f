import type { Clock } from '../../src/kernel/clock.ts';
import type {
  CallLeg,
  Collected,
  CollectRules,
  PlayRules,
  Prompt,
  Recorded,
  RecordRules,
  TransferOutcome,
} from '../../src/telephony/port.ts';

/** What the callee does, in milliseconds since the answer. */
export interface CalleeScript {
  readonly presses?: readonly { readonly atMs: number; readonly keys: string }[];
  readonly hangsUpAtMs?: number;
  /** When the callee speaks; silence otherwise. */
  readonly speaks?: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** What it answers when it is asked to call somebody else, and when; without it such requests are declined. */
  readonly transfers?: { readonly afterMs: number; readonly outcome: TransferOutcome };
  /** That the whole call is being recorded when the flow begins, and whether that can be stored. */
  readonly recorded?: 'well' | 'badly';
  /** False for a phone that stays on hold. */
  readonly resumes?: boolean;
  /** False for a phone that has not agreed to telephone-event. */
  readonly takesDigits?: boolean;
}

/** How long one digit lasts, sent or pressed, and the pause that `w` stands for. */
const DIGIT_MS = 100;
const PAUSE_MS = 500;

/**
 * A call that is up, with a callee that follows a script on the clock of the test. It keeps the rules of MediaStream: digits
 * wait in a buffer, an interruptible prompt meets a buffered digit at once, every wait ends with the call.
 */
export class FakeLeg implements CallLeg {
  readonly id = 'leg-1';
  readonly direction = 'outbound';
  readonly from = '+15550100';
  readonly to = '+15550111';
  /** The ids of the prompts that began to play. */
  readonly heard: string[] = [];
  readonly sentDigits: string[] = [];
  readonly transferredTo: string[] = [];
  /** Clock time at which the call ended. */
  endedAtMs: number | undefined;
  readonly #clock: Clock;
  readonly #script: CalleeScript;
  readonly #answeredAtMs: number;
  readonly #over = new AbortController();
  #buffer = '';
  #onDigit: (() => void) | undefined;

  constructor(clock: Clock, script: CalleeScript = {}) {
    this.#clock = clock;
    this.#script = script;
    this.#answeredAtMs = clock.now();
    for (const { atMs, keys } of script.presses ?? []) clock.after(atMs, () => this.#press(keys));
    if (script.hangsUpAtMs !== undefined) clock.after(script.hangsUpAtMs, () => void this.hangup());
  }

  /** Aborted when the call is over. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  play(prompt: Prompt, rules: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    this.heard.push(prompt.id);
    return this.#wait(signal, (done) => {
      if (rules.interruptible && this.#buffer !== '') {
        done('barged');
        return () => {};
      }
      const timer = this.#clock.after(prompt.durationMs, () => done('finished'));
      if (rules.interruptible) this.#onDigit = () => done('barged');
      return () => timer.cancel();
    });
  }

  collect(rules: CollectRules, signal: AbortSignal): Promise<Collected> {
    let digits = '';
    return this.#wait(signal, (done) => {
      let isDone = false;
      const finish = (why: Collected['why']): void => {
        isDone = true;
        done({ digits, why });
      };
      let timer = this.#clock.after(rules.firstMs, () => finish('timeout'));
      const take = (): void => {
        while (this.#buffer !== '' && !isDone) {
          const digit = this.#buffer.charAt(0);
          this.#buffer = this.#buffer.slice(1);
          if (rules.terminators.includes(digit)) finish('terminator');
          else digits += digit;
          if (digits.length >= rules.max) finish('complete');
          timer.cancel();
          if (!isDone) timer = this.#clock.after(rules.betweenMs, () => finish('timeout'));
        }
      };
      this.#onDigit = take;
      take();
      return () => timer.cancel();
    });
  }

  clearDigits(): void {
    this.#buffer = '';
  }

  record(rules: RecordRules, signal: AbortSignal): Promise<Recorded> {
    const startMs = this.#clock.now() - this.#answeredAtMs;
    const silentFrom = this.#silenceAfter(startMs, rules.silenceMs);
    const ended = (why: Recorded['why']): Recorded => {
      const endMs = this.#clock.now() - this.#answeredAtMs;
      const spoken = (this.#script.speaks ?? []).filter(({ fromMs, toMs }) => fromMs < endMs && toMs > startMs);
      const from = rules.trimSilence ? Math.max(startMs, spoken[0]?.fromMs ?? endMs) : startMs;
      const to = rules.trimSilence ? Math.min(endMs, spoken.at(-1)?.toMs ?? endMs) : endMs;
      return { path: rules.path, durationMs: to - from, bytes: (to - from) * 16, why, heard: spoken.length > 0 };
    };
    return new Promise((resolve) => {
      const timers = [
        this.#clock.after(rules.maxMs, () => done('max')),
        this.#clock.after(silentFrom + rules.silenceMs - startMs, () => done('silence')),
      ];
      const onAbort = () => done('aborted');
      const done = (why: Recorded['why']): void => {
        for (const timer of timers) timer.cancel();
        signal.removeEventListener('abort', onAbort);
        this.#over.signal.removeEventListener('abort', onAbort);
        this.#onDigit = undefined;
        resolve(ended(why));
      };
      this.#onDigit = () => {
        const key = this.#buffer.at(-1) ?? '';
        if (rules.terminators.includes(key)) done('terminator');
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#over.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async sendDigits(digits: string, signal: AbortSignal): Promise<void> {
    if (this.#script.takesDigits === false) throw new Error('The peer has not agreed to telephone-event');
    const lengthMs = [...digits].reduce((sum, digit) => sum + (digit === 'w' ? PAUSE_MS : DIGIT_MS), 0);
    await this.#wait<void>(signal, (done) => {
      const timer = this.#clock.after(lengthMs, () => done());
      return () => timer.cancel();
    });
    this.sentDigits.push(digits);
  }

  async transfer(to: string, signal: AbortSignal): Promise<TransferOutcome> {
    this.transferredTo.push(to);
    const { transfers } = this.#script;
    if (!transfers) return { result: 'refused', sip: 603, reason: 'Decline' };
    await this.#wait<void>(signal, (done) => {
      const timer = this.#clock.after(transfers.afterMs, () => done());
      return () => timer.cancel();
    });
    return transfers.outcome;
  }

  async hangup(): Promise<void> {
    this.endedAtMs ??= this.#clock.now();
    this.#over.abort(new DOMException('The media stream is closed', 'AbortError'));
  }

  #press(keys: string): void {
    if (this.#over.signal.aborted) return;
    for (const key of keys) {
      this.#buffer += key;
      this.#onDigit?.();
    }
  }

  /** From when on the callee is silent for `silenceMs`, at the earliest `startMs`. */
  #silenceAfter(startMs: number, silenceMs: number): number {
    let from = startMs;
    for (const { fromMs, toMs } of this.#script.speaks ?? []) if (fromMs < from + silenceMs) from = Math.max(from, toMs);
    return from;
  }

  /** A wait that `begin` settles through `done`; what `begin` answers cleans up. Ends with the call, or with `signal`. */
  #wait<T>(signal: AbortSignal, begin: (done: (value: T) => void) => () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const over = this.#over.signal;
      let cleanUp = (): void => {};
      let isSettled = false;
      const settle = (how: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        signal.removeEventListener('abort', onAbort);
        over.removeEventListener('abort', onOver);
        this.#onDigit = undefined;
        cleanUp();
        how();
      };
      const onAbort = () => settle(() => reject(signal.reason));
      const onOver = () => settle(() => reject(over.reason));
      if (signal.aborted) return onAbort();
      if (over.aborted) return onOver();
      signal.addEventListener('abort', onAbort, { once: true });
      over.addEventListener('abort', onOver, { once: true });
      cleanUp = begin((value) => settle(() => resolve(value)));
      if (isSettled) cleanUp();
    });
  }
}
