import { DtmfDetector } from '../audio/dtmf-detector.ts';
import type { DigitChange } from '../rtp/digit-receiver.ts';
import { FRAME_SAMPLES } from './frame-clock.ts';
import type { AgreedMedia } from './media-port.ts';

/**
 * Digits in the audio of one stream, while the agreement says that they are looked for. A peer that sends a telephone-event after all is not
 * listened to any more: it may send its digits both ways, and each is to count once.
 */
export class InbandDigits {
  readonly #detector: DtmfDetector;
  #isWanted = false;
  #sendsEvents = false;

  constructor(onChange: (change: DigitChange) => void) {
    this.#detector = new DtmfDetector(onChange);
  }

  /** Whether somebody listens. */
  get listens(): boolean {
    return this.#isWanted && !this.#sendsEvents;
  }

  /** The agreement begins or changes. */
  agree({ inbandDigits = false }: AgreedMedia): void {
    this.#isWanted = inbandDigits;
    if (!inbandDigits) this.#detector.reset();
  }

  /** The next frame. `isMadeUp` is whether a part of it did not come from the peer. */
  hear(frame: Int16Array, isMadeUp: boolean): void {
    if (isMadeUp) this.#detector.miss(FRAME_SAMPLES);
    else this.#detector.hear(frame);
  }

  /** The peer sent a telephone-event. */
  eventCame(): void {
    if (this.#sendsEvents) return;
    this.#detector.reset();
    this.#sendsEvents = true;
  }
}
