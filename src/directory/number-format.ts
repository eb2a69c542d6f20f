import type { SipNumberFormat } from '../contracts/sip-trunks.ts';
import { possibleE164 } from './e164.ts';
import type { MemberChecks } from './member-checks.ts';

/** What a carrier may want in front of a number. */
const PREFIX = /^[0-9*+]{0,16}$/;

/**
 * A number as a carrier wants it: in the style first, then without `stripPrefix` if it begins so, then with `addPrefix`. Only digits, `*`
 * and `+`, so it is the user part of a URI as it is.
 */
export function formatNumber(e164: string, format: SipNumberFormat = {}): string {
  const { stripPrefix = '', addPrefix = '' } = format;
  const styled = inStyle(e164, format);
  return addPrefix + (stripPrefix !== '' && styled.startsWith(stripPrefix) ? styled.slice(stripPrefix.length) : styled);
}

function inStyle(
  e164: string,
  { style = 'E164', countryCode = '', nationalPrefix = '0', internationalPrefix = '00' }: SipNumberFormat,
): string {
  switch (style) {
    case 'E164':
      return e164;
    case 'E164WithoutPlus':
      return e164.slice(1);
    case 'National':
      return e164.startsWith(`+${countryCode}`) ? nationalPrefix + e164.slice(countryCode.length + 1) : internationalPrefix + e164.slice(1);
  }
}

/**
 * The numbers that `formatNumber` writes so, the likeliest first: with what it takes away, and with the longer prefix of a national style.
 * None when the text does not fit the format.
 */
export function readNumbers(written: string, format: SipNumberFormat = {}): string[] {
  const { stripPrefix = '', addPrefix = '' } = format;
  const rest = written.slice(addPrefix.length);
  const styled = stripPrefix === '' ? [rest] : [stripPrefix + rest, rest];
  const numbers = styled.flatMap((text) => ofStyle(text, format));
  return [...new Set(numbers)].filter((number) => possibleE164(number) === number && formatNumber(number, format) === written);
}

function ofStyle(
  text: string,
  { style = 'E164', countryCode = '', nationalPrefix = '0', internationalPrefix = '00' }: SipNumberFormat,
): string[] {
  switch (style) {
    case 'E164':
      return [text];
    case 'E164WithoutPlus':
      return [`+${text}`];
    case 'National': {
      const readings = [
        { prefix: nationalPrefix, before: `+${countryCode}` },
        { prefix: internationalPrefix, before: '+' },
      ].sort((one, other) => other.prefix.length - one.prefix.length);
      return readings.filter(({ prefix }) => text.startsWith(prefix)).map(({ prefix, before }) => before + text.slice(prefix.length));
    }
  }
}

/** Checks a format of a request, whose members have names that begin with `at`. Answers it with its known members only. */
export function checkedFormat(format: SipNumberFormat, at: string, checks: MemberChecks): SipNumberFormat {
  const { style, countryCode } = format;
  if (style !== undefined && !['E164', 'E164WithoutPlus', 'National'].includes(style))
    checks.refuse(`${at}.Style`, 'Use E164, E164WithoutPlus or National.');
  if (countryCode !== undefined && !/^[1-9][0-9]{0,2}$/.test(countryCode))
    checks.refuse(`${at}.CountryCode`, 'Give one to three digits, as 49.');
  if (style === 'National' && countryCode === undefined)
    checks.fail(
      'REQUIRED',
      { member: `${at}.CountryCode`, hint: 'the country in which numbers are national, as 49.' },
      `${at}.CountryCode`,
    );
  const prefixes = [
    ['nationalPrefix', 'NationalPrefix'],
    ['internationalPrefix', 'InternationalPrefix'],
    ['stripPrefix', 'StripPrefix'],
    ['addPrefix', 'AddPrefix'],
  ] as const;
  const given = prefixes.flatMap(([member, name]) => {
    const prefix = format[member];
    if (prefix === undefined) return [];
    if (!PREFIX.test(prefix)) checks.refuse(`${at}.${name}`, 'Give up to 16 of the characters 0-9, * and +.');
    return [[member, prefix]];
  });
  return {
    ...(style !== undefined && { style }),
    ...(countryCode !== undefined && { countryCode }),
    ...Object.fromEntries(given),
  };
}
