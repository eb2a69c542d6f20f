import { SipParseError } from './sip-parse-error.ts';
import { isToken } from './token.ts';

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const LARGEST = 2 ** 31 - 1;
const DIGITS = /^[0-9]{1,20}$/;

/** Reads a CSeq value (RFC 3261 section 20.16); the number is below 2^31 (section 8.1.1.5). @throws SipParseError 400 */
export function parseCSeq(text: string): CSeq {
  const value = text.trim().replaceAll('\t', ' ');
  const space = value.indexOf(' ');
  const digits = value.slice(0, space);
  const method = value.slice(space).trim();
  const number = Number(digits);
  if (space === -1 || !DIGITS.test(digits) || number > LARGEST || !isToken(method)) {
    throw new SipParseError(400, 'The CSeq header is not valid');
  }
  return { number, method };
}
