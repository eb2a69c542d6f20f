import { DeafTimes } from './deaf-times.ts';
import { type AgreedMedia, clockRates } from './media-port.ts';
import type { DropReason, MediaReport } from './media-report.ts';
import { SoundDetector } from './sound-detector.ts';

/** A frame that leaves later than this after it was due counts as late. */
const LATE_MS = 10;

type Watched = Pick<
  MediaReport,
  | 'late'
  | 'receivedEarly'
  | 'audible'
  | 'firstSentMs'
  | 'firstReceivedMs'
  | 'sendingMs'
  | 'receivingMs'
  | 'longestGapMs'
  | 'quietMs'
  | 'heldMs'
  | 'mutedMs'
  | 'deaf'
  | 'codec'
  | 'clockRate'
  | 'expectedFrom'
  | 'onlyExpected'
>;

/**
 * The times of one stream: when it sent and heard first, how long it was to do either, and how long nothing came. Early media is apart: what was
 * measured while it rang is forgotten when the call is answered.
 */
export class StreamWatch {
  #startedMs = 0;
  #agreed: AgreedMedia | undefined;
  /** Since when the agreement is what it is. */
  #sinceMs = 0;
  #sendingMs = 0;
  #receivingMs = 0;
  #heldMs = 0;
  #mutedMs = 0;
  #late = 0;
  #firstSentMs: number | undefined;
  #firstReceivedMs: number | undefined;
  /** Since when nothing has come although it was expected: the last packet, or the end of a hold. */
  #quietSinceMs = 0;
  #reportedMs = 0;
  #packets = 0;
  #early = 0;
  #sound = new SoundDetector();
  #deaf = new DeafTimes();
  #longestGapMs: number | undefined;

  /** Whether a packet has come, since the answer when there is one. */
  get heard(): boolean {
    return this.#firstReceivedMs !== undefined;
  }

  /** The agreement begins or changes. */
  agree(agreed: AgreedMedia, nowMs: number): void {
    if (!this.#agreed) this.#startedMs = nowMs;
    else this.#count(this.#agreed, nowMs);
    if (!this.#agreed || !expects(this.#agreed)) this.#quietSinceMs = nowMs;
    else if (!expects(agreed)) this.#deaf.over(nowMs - this.#quietSinceMs, true);
    this.#agreed = agreed;
    this.#sinceMs = nowMs;
  }

  /** The call is answered: from now on it counts. */
  answered(nowMs: number): void {
    this.#startedMs = nowMs;
    this.#sinceMs = nowMs;
    this.#quietSinceMs = nowMs;
    this.#sendingMs = 0;
    this.#receivingMs = 0;
    this.#heldMs = 0;
    this.#mutedMs = 0;
    this.#late = 0;
    this.#firstSentMs = undefined;
    this.#firstReceivedMs = undefined;
    this.#longestGapMs = undefined;
    this.#early = this.#packets;
    this.#sound = new SoundDetector();
    this.#deaf = new DeafTimes();
  }

  /** A frame left, `lateMs` after it was due. */
  sent(lateMs: number, nowMs: number): void {
    if (lateMs > LATE_MS) this.#late++;
    this.#firstSentMs ??= nowMs - this.#startedMs;
  }

  /** A valid packet came. */
  received(nowMs: number): void {
    this.#packets++;
    if (this.#deaf.isDeaf) this.#deaf.over(nowMs - this.#quietSinceMs, true);
    if (this.#firstReceivedMs === undefined) this.#firstReceivedMs = nowMs - this.#startedMs;
    else this.#longestGapMs = Math.max(this.#longestGapMs ?? 0, nowMs - this.#quietSinceMs);
    this.#quietSinceMs = nowMs;
  }

  /** A report of the peer came. */
  reported(nowMs: number): void {
    this.#reportedMs = nowMs;
  }

  /** See MediaStream.silentMs. */
  silentMs(nowMs: number): number {
    return nowMs - Math.max(this.#quietSinceMs, this.#reportedMs);
  }

  /** A packet came and was not heard. */
  dropped(why: DropReason): void {
    if (this.#agreed && expects(this.#agreed)) this.#deaf.dropped(why);
  }

  /** Whether anything but silence has come; then no more samples are needed. */
  get audible(): boolean {
    return this.#sound.audible;
  }

  /** The samples of a packet came. */
  sound(samples: Int16Array): void {
    this.#sound.hear(samples);
  }

  /** What was seen until `nowMs`. The stream is over. */
  end(nowMs: number): Watched {
    const agreed = this.#agreed;
    if (agreed) this.#count(agreed, nowMs);
    this.#deaf.over(nowMs - this.#quietSinceMs, false);
    const deaf = this.#deaf.longest;
    return {
      late: this.#late,
      receivedEarly: this.#early,
      audible: this.audible,
      sendingMs: this.#sendingMs,
      receivingMs: this.#receivingMs,
      heldMs: this.#heldMs,
      mutedMs: this.#mutedMs,
      ...(deaf && { deaf }),
      ...(this.#firstSentMs !== undefined && { firstSentMs: this.#firstSentMs }),
      ...(this.#firstReceivedMs !== undefined && { firstReceivedMs: this.#firstReceivedMs }),
      ...(this.#longestGapMs !== undefined && { longestGapMs: this.#longestGapMs }),
      ...(agreed && this.heard && expects(agreed) && { quietMs: nowMs - this.#quietSinceMs }),
      ...(agreed && { codec: agreed.codec, clockRate: clockRates[agreed.codec], expectedFrom: agreed.remote }),
      ...(agreed?.rtpSource === 'offered' && { onlyExpected: true }),
    };
  }

  #count(agreed: AgreedMedia, nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (agreed.direction === 'sendrecv' || agreed.direction === 'sendonly') this.#sendingMs += passedMs;
    else if (!agreed.weHold) this.#mutedMs += passedMs;
    if (expects(agreed)) this.#receivingMs += passedMs;
    else if (!agreed.weHold) this.#heldMs += passedMs;
  }
}

function expects({ direction }: AgreedMedia): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}
