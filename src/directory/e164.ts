import { getCountries, getCountryCallingCode, Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Lengths of national numbers that are possible in every country with this calling code. */
let lengths: ReadonlyMap<string, ReadonlySet<number>> | undefined;

/**
 * A number in E.164 form, or undefined when it is not a possible one: it must begin with + and a country code that exists, and have
 * a length that the country has. The smallest metadata of the library can tell that; whether a number is assigned nobody can.
 */
export function possibleE164(text: string): string | undefined {
  if (/^\+[1-9][0-9]{3,14}$/.test(text) && hasCountryLength(text.slice(1))) return text;
  if (!/^\+[0-9][0-9 ().-]{1,30}$/.test(text)) return undefined;
  const number = parsePhoneNumberFromString(text, { extract: false });
  return number?.isPossible() === true ? number.number : undefined;
}

/** Saves the common case the work of the library, which finds out the country of a number before it counts digits. */
function hasCountryLength(digits: string): boolean {
  lengths ??= readLengths();
  for (let codeLength = 1; codeLength <= 3; codeLength++) {
    const possible = lengths.get(digits.slice(0, codeLength));
    if (possible) return possible.has(digits.length - codeLength);
  }
  return false;
}

function readLengths(): ReadonlyMap<string, ReadonlySet<number>> {
  const metadata = new Metadata();
  const byCode = new Map<string, ReadonlySet<number>>();
  for (const country of getCountries()) {
    metadata.selectNumberingPlan(country);
    const code = getCountryCallingCode(country);
    const here = metadata.numberingPlan?.possibleLengths() ?? [];
    const before = byCode.get(code);
    byCode.set(code, new Set(before ? here.filter((length) => before.has(length)) : here));
  }
  return byCode;
}
