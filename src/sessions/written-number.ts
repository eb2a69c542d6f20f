import { possibleE164 } from '../directory/e164.ts';

/** A number as carriers and telephones write it: with +, with 00, or with neither before the country code; undefined for anything else. */
export function writtenNumber(user: string): string | undefined {
  const [number = ''] = user.split(';', 1);
  return possibleE164(number.startsWith('00') ? `+${number.slice(2)}` : number.startsWith('+') ? number : `+${number}`);
}
