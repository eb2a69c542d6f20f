import { digitOfEvent, type TelephoneEvent } from './telephone-event.ts';

/** A key went down, or up again. */
export interface DigitChange {
  readonly kind: 'pressed' | 'released';
  readonly digit: string;
}

/** Without a packet for so long the end of an event counts as lost: more than three packets of 20 or 30 ms (RFC 4733 section 2.5.1.4). */
const END_LOST_MS = 120;
/** How many events are remembered, so that packets that come late do not press a key again. */
const REMEMBERED = 16;
const LONGEST_DURATION = 0xffff;

const NOTHING: readonly DigitChange[] = [];

interface CurrentEvent {
  readonly event: number;
  readonly digit: string;
  timestamp: number;
  duration: number;
  lastMs: number;
  held: boolean;
}

/**
 * Makes key presses of telephone-event packets (RFC 4733 section 2.5). An event is one RTP timestamp, whatever markers say: it presses
 * its key once, with the first of its packets that comes, however often they are repeated, lost or out of order.
 */
export class DigitReceiver {
  #current: CurrentEvent | undefined;
  readonly #timestamps: number[] = [];

  /** One packet came. Answers what changed, in order. */
  receive(timestamp: number, packet: TelephoneEvent, nowMs: number): readonly DigitChange[] {
    const digit = digitOfEvent(packet.event);
    if (digit === undefined) return NOTHING;
    const current = this.#current;
    if (current?.held && this.#continues(current, timestamp, packet)) {
      if (current.timestamp !== timestamp) this.#remember(timestamp);
      current.timestamp = timestamp;
      current.duration = packet.duration;
      current.lastMs = nowMs;
      return packet.end ? this.#release() : NOTHING;
    }
    if (this.#timestamps.includes(timestamp)) return NOTHING;
    const released = this.#release();
    this.#remember(timestamp);
    this.#current = { event: packet.event, digit, timestamp, duration: packet.duration, lastMs: nowMs, held: true };
    const pressed: DigitChange = { kind: 'pressed', digit };
    return [...released, pressed, ...(packet.end ? this.#release() : NOTHING)];
  }

  /** Time has passed. Answers the release of a key whose end packets were lost. */
  tick(nowMs: number): readonly DigitChange[] {
    const current = this.#current;
    return current?.held && nowMs - current.lastMs >= END_LOST_MS ? this.#release() : NOTHING;
  }

  /** Timestamps begin anew (another source). Answers the release of a key that was down. */
  restart(): readonly DigitChange[] {
    const released = this.#release();
    this.#timestamps.length = 0;
    return released;
  }

  /** A key held longer than a duration can say goes on under a new timestamp (RFC 4733 section 2.5.1.3). */
  #continues(current: CurrentEvent, timestamp: number, packet: TelephoneEvent): boolean {
    if (timestamp === current.timestamp) return true;
    return packet.event === current.event && timestamp === (current.timestamp + LONGEST_DURATION) >>> 0;
  }

  #release(): readonly DigitChange[] {
    const current = this.#current;
    if (!current?.held) return NOTHING;
    current.held = false;
    return [{ kind: 'released', digit: current.digit }];
  }

  #remember(timestamp: number): void {
    this.#timestamps.push(timestamp);
    if (this.#timestamps.length > REMEMBERED) this.#timestamps.shift();
  }
}
