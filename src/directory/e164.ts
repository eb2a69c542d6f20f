import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/**
 * A number in E.164 form, or undefined when it is not a possible one: it must begin with + and a country code that exists, and have
 * a length that the country has. The smallest metadata of the library can tell that; whether a number is assigned nobody can.
 */
export function possibleE164(text: string): string | undefined {
  if (!/^\+[0-9][0-9 ().-]{1,30}$/.test(text)) return undefined;
  const number = parsePhoneNumberFromString(text, { extract: false });
  return number?.isPossible() === true ? number.number : undefined;
}
