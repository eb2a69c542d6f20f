/** Bytes of a telephone-event payload (RFC 4733 section 2.3). */
export const TELEPHONE_EVENT_BYTES = 4;

const DIGITS = '0123456789*#ABCD';
/** Minus 10 dBm0, a usual level for a digit (RFC 4733 section 2.3.3 counts it without the sign). */
const VOLUME = 10;

/** One telephone-event payload. */
export interface TelephoneEvent {
  /** The event code; 0 to 15 are digits. */
  readonly event: number;
  readonly end: boolean;
  /** In timestamp units since the event began. */
  readonly duration: number;
}

/** The digit of an event code, or undefined for other events (flash, tones). */
export function digitOfEvent(event: number): string | undefined {
  return DIGITS[event];
}

/** The event code of a digit (0-9 * # A-D, also in lower case), or undefined. */
export function eventOfDigit(digit: string): number | undefined {
  const event = DIGITS.indexOf(digit.toUpperCase());
  return event < 0 || digit.length !== 1 ? undefined : event;
}

/** Reads the first event of a payload, or answers undefined when it is too short. */
export function readTelephoneEvent(bytes: Uint8Array, start: number, end: number): TelephoneEvent | undefined {
  if (end - start < TELEPHONE_EVENT_BYTES) return undefined;
  return {
    event: bytes[start] ?? 0,
    end: ((bytes[start + 1] ?? 0) & 0x80) !== 0,
    duration: ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0),
  };
}

/** Writes one event into `target` from `at` on. Its duration is multiplied by `units`. */
export function writeTelephoneEvent(target: Uint8Array, at: number, event: TelephoneEvent, units = 1): void {
  const duration = event.duration * units;
  target[at] = event.event;
  target[at + 1] = (event.end ? 0x80 : 0) | VOLUME;
  target[at + 2] = duration >> 8;
  target[at + 3] = duration;
}
