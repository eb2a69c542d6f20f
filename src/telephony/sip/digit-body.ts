import type { MessageBody } from './dialog-request.ts';

/** The two kinds of INFO bodies in which phones and gateways tell digits. Neither is registered; every vendor writes them alike. */
const RELAY = 'application/dtmf-relay';
const PLAIN = 'application/dtmf';

/** What we take in an INFO, for Accept. */
export const DIGIT_TYPES = `${RELAY}, ${PLAIN}`;

/** Most bytes of such a body: a dozen are enough. */
const MAX_BODY_BYTES = 256;

/** Digits by their event codes (RFC 4733 section 3.2), as some gateways write them, and by the keys themselves. */
const DIGITS = '0123456789*#ABCD';
/** A hook flash: a signal that is no digit. */
const FLASHES = new Set(['16', '!', 'hf', 'flash']);

/** What an INFO body says: a digit, another signal that we need not act on, or nothing that can be read. */
export type DigitBody =
  | { readonly kind: 'digit'; readonly digit: string }
  | { readonly kind: 'flash' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'too long' };

/** Whether a Content-Type names one of the two kinds. */
export function isDigitType(contentType: string | undefined): boolean {
  return kindOf(contentType) !== undefined;
}

/**
 * Reads an INFO body. The duration that it may name is not looked at: a digit counts once, however long the key was held; to another side it is told
 * as long as any other; and the time until the next one is counted from when it comes, since it comes when the key is up and its duration known.
 */
export function readDigitBody(contentType: string | undefined, body: Uint8Array): DigitBody {
  const kind = kindOf(contentType);
  if (kind === undefined) return { kind: 'unreadable' };
  if (body.length > MAX_BODY_BYTES) return { kind: 'too long' };
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const signal = signalIn(text, kind);
  if (signal === undefined) return { kind: 'unreadable' };
  if (FLASHES.has(signal.toLowerCase())) return { kind: 'flash' };
  const digit = digitOf(signal);
  return digit === undefined ? { kind: 'unreadable' } : { kind: 'digit', digit };
}

/** The body that tells one digit, held for so long. */
export function digitBody(digit: string, durationMs: number): MessageBody {
  return { type: RELAY, text: `Signal=${digit}\r\nDuration=${durationMs}\r\n` };
}

function kindOf(contentType: string | undefined): typeof RELAY | typeof PLAIN | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === RELAY || type === PLAIN ? type : undefined;
}

/** A plain body is nothing but the signal; some write it as a relay body does. */
function signalIn(text: string, kind: typeof RELAY | typeof PLAIN): string | undefined {
  for (const line of text.split(/\r\n|\r|\n/)) {
    const equals = line.indexOf('=');
    if (equals > 0 && line.slice(0, equals).trim().toLowerCase() === 'signal') return line.slice(equals + 1).trim();
  }
  return kind === PLAIN ? text.trim() : undefined;
}

function digitOf(signal: string): string | undefined {
  if (/^1[0-5]$/.test(signal)) return DIGITS[Number(signal)];
  return signal.length === 1 && DIGITS.includes(signal.toUpperCase()) ? signal.toUpperCase() : undefined;
}
