import { charSet, DIGITS, isAllIn, trimmed } from './char-set.ts';
import { SipParseError } from './sip-parse-error.ts';
import { isToken } from './token.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const LARGEST = 2 ** 31 - 1;
const NUMBER = charSet(DIGITS);
const LONGEST_NUMBER = 20;

/** Reads a CSeq value (RFC 3261 section 20.16); the number is below 2^31 (section 8.1.1.5). @throws SipParseError 400 */
export function parseCSeq(text: string): CSeq {
  const value = text.includes('\t') ? text.trim().replaceAll('\t', ' ') : trimmed(text);
  const space = value.indexOf(' ');
  const digits = value.slice(0, space);
  const method = trimmed(value.slice(space + 1));
  const number = Number(digits);
  if (space === -1 || digits.length > LONGEST_NUMBER || !isAllIn(NUMBER, digits) || number > LARGEST || !isToken(method)) {
    throw new SipParseError(400, 'The CSeq header is not valid');
  }
  return { number, method };
}
