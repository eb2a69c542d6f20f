import type { DropReason, MediaReport } from './media-report.ts';

/** A time in which nothing of the peer was heard though packets came. */
type DeafTime = NonNullable<MediaReport['deaf']>;

/** Finds the longest time in which packets came and none was heard. While every packet is heard it costs nothing. */
export class DeafTimes {
  #dropped: Record<DropReason, number> | undefined;
  #longest: DeafTime | undefined;

  get longest(): DeafTime | undefined {
    return this.#longest;
  }

  /** Whether packets were dropped since one was heard. */
  get isDeaf(): boolean {
    return this.#dropped !== undefined;
  }

  /** A packet came and was not heard. */
  dropped(why: DropReason): void {
    this.#dropped ??= { refused: 0, unagreed: 0, unauthentic: 0, unencrypted: 0 };
    this.#dropped[why]++;
  }

  /** Nothing had been heard for `ms` until now: a packet was, or nothing more is expected, or (`ended` is false) the stream is over. */
  over(ms: number, ended: boolean): void {
    if (this.#dropped && ms > (this.#longest?.ms ?? 0)) this.#longest = { ms, ended, dropped: this.#dropped };
    this.#dropped = undefined;
  }
}
