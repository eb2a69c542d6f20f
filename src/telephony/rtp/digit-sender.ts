import { eventOfDigit, type TelephoneEvent } from './telephone-event.ts';

/** What a frame of 20 ms carries while digits are sent: an event packet, or silence between them. */
export type DigitFrame = { readonly kind: 'event'; readonly first: boolean; readonly event: TelephoneEvent } | { readonly kind: 'pause' };

const FRAME_SAMPLES = 160;
/** 100 ms of tone and 80 ms of pause: twice the shortest that receivers must understand (ITU-T Q.24). */
const TONE_FRAMES = 5;
const PAUSE_FRAMES = 4;
const WAIT_FRAMES = 25;
/** The end packet goes out three times (RFC 4733 section 2.5.1.4); the copies fall into the pause. */
const END_COPIES = 2;

const PAUSE: DigitFrame = { kind: 'pause' };

/** The text has something in it that is no digit. */
export class DigitsError extends Error {
  override readonly name = 'DigitsError';
}

/**
 * The frames that send `digits` (0-9 * # A-D; `w` waits 500 ms), in order. All packets of one digit have the timestamp of its first frame.
 * @throws DigitsError when there is anything else in `digits`.
 */
export function framesOfDigits(digits: string): Generator<DigitFrame, void> {
  const events = [...digits].map((digit) => {
    const event = eventOfDigit(digit);
    if (event === undefined && digit.toLowerCase() !== 'w') throw new DigitsError('Digits are 0-9, *, #, A-D, and w for a pause');
    return event;
  });
  return frames(events);
}

function* frames(events: readonly (number | undefined)[]): Generator<DigitFrame, void> {
  for (const event of events) {
    if (event === undefined) {
      for (let frame = 0; frame < WAIT_FRAMES; frame++) yield PAUSE;
      continue;
    }
    for (let frame = 1; frame <= TONE_FRAMES + END_COPIES; frame++) {
      const duration = Math.min(frame, TONE_FRAMES) * FRAME_SAMPLES;
      yield { kind: 'event', first: frame === 1, event: { event, end: frame >= TONE_FRAMES, duration } };
    }
    for (let frame = END_COPIES; frame < PAUSE_FRAMES; frame++) yield PAUSE;
  }
}
