import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SipNumberFormat } from '../contracts/sip-trunks.ts';
import { possibleE164 } from './e164.ts';
import { MemberChecks } from './member-checks.ts';
import { checkedFormat, formatNumber, readNumbers } from './number-format.ts';

describe('formatNumber', () => {
  it.each<[SipNumberFormat | undefined, string, string]>([
    [undefined, '+4930123456', '+4930123456'],
    [{ style: 'E164WithoutPlus' }, '+4930123456', '4930123456'],
    [{ style: 'National', countryCode: '49' }, '+4930123456', '030123456'],
    [{ style: 'National', countryCode: '49' }, '+18144043093', '0018144043093'],
    [{ style: 'National', countryCode: '1', nationalPrefix: '', internationalPrefix: '011' }, '+18144043093', '8144043093'],
    [{ style: 'National', countryCode: '1', nationalPrefix: '', internationalPrefix: '011' }, '+4930123456', '0114930123456'],
    [{ addPrefix: '9*' }, '+4930123456', '9*+4930123456'],
    [{ stripPrefix: '+49', addPrefix: '0' }, '+4930123456', '030123456'],
    [{ stripPrefix: '+49' }, '+18144043093', '+18144043093'],
    [{ style: 'E164WithoutPlus', addPrefix: '7711' }, '+18144043093', '771118144043093'],
  ])('%j of %s is %s', (format, e164, text) => {
    expect(formatNumber(e164, format)).toBe(text);
  });

  it('gives nothing that means something in a URI, whatever format was taken', () => {
    const text = fc.oneof(fc.string({ maxLength: 6 }), fc.stringMatching(/^[0-9*+]{0,16}$/));
    const format = fc.record(
      {
        style: fc.constantFrom('E164', 'E164WithoutPlus', 'National'),
        countryCode: fc.oneof(text, fc.constant('49')),
        nationalPrefix: text,
        internationalPrefix: text,
        stripPrefix: text,
        addPrefix: text,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(format, (given) => {
        const checks = new MemberChecks();
        const known = checkedFormat(given, 'Format', checks);
        try {
          checks.done();
        } catch {
          return;
        }
        expect(formatNumber('+4930123456', known)).toMatch(/^[0-9*+]*$/);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe('readNumbers', () => {
  it.each<[SipNumberFormat | undefined, string, readonly string[]]>([
    [undefined, '+4930123456', ['+4930123456']],
    [undefined, '4930123456', []],
    [{ style: 'E164WithoutPlus' }, '4930123456', ['+4930123456']],
    [{ style: 'E164WithoutPlus' }, '+4930123456', []],
    [{ style: 'National', countryCode: '49' }, '030123456', ['+4930123456']],
    [{ style: 'National', countryCode: '49' }, '30123456', []],
    [{ style: 'National', countryCode: '1', nationalPrefix: '', internationalPrefix: '011' }, '8144043093', ['+18144043093']],
    [{ addPrefix: '9*' }, '9*+4930123456', ['+4930123456']],
    [{ addPrefix: '9*' }, '+4930123456', []],
    [{ stripPrefix: '+49', addPrefix: '0' }, '030123456', ['+4930123456']],
    [{ stripPrefix: '+49' }, '+18144043093', ['+18144043093']],
    [{ stripPrefix: '+49' }, '+4930123456', []],
    // Both are written so.
    [{ style: 'E164WithoutPlus', stripPrefix: '1' }, '8144043093', ['+18144043093', '+8144043093']],
    [{ style: 'National', countryCode: '49' }, '', []],
    [{ style: 'National', countryCode: '49' }, 'alice', []],
  ])('%j of %s is %j', (format, text, numbers) => {
    expect(readNumbers(text, format)).toEqual(numbers);
  });

  it('reads an international number first as that', () => {
    expect(readNumbers('0018144043093', { style: 'National', countryCode: '49' })[0]).toBe('+18144043093');
  });

  const numbers = fc.constantFrom('+4930123456', '+4989123456', '+18144043093', '+12125550100', '+441632960961', '+33123456789');
  const styles = fc.constantFrom<SipNumberFormat>(
    {},
    { style: 'E164' },
    { style: 'E164WithoutPlus' },
    { style: 'National', countryCode: '49' },
    { style: 'National', countryCode: '1', nationalPrefix: '', internationalPrefix: '011' },
    { style: 'National', countryCode: '1', nationalPrefix: '1', internationalPrefix: '011' },
    { style: 'National', countryCode: '44', internationalPrefix: '+' },
  );
  const digits = fc.stringMatching(/^[0-9*+]{1,4}$/);

  it('gives back what was written in any style, with any prefix', () => {
    fc.assert(
      fc.property(numbers, styles, fc.option(digits, { nil: undefined }), (number, style, addPrefix) => {
        const format = { ...style, ...(addPrefix !== undefined && { addPrefix }) };
        expect(readNumbers(formatNumber(number, format), format)[0]).toBe(number);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  it('has what was written among its readings, and nothing that is written otherwise, also where something is taken away', () => {
    fc.assert(
      fc.property(numbers, styles, digits, fc.constantFrom('', '0', '9'), (number, style, stripPrefix, addPrefix) => {
        const format = { ...style, stripPrefix, addPrefix };
        const written = formatNumber(number, format);
        const read = readNumbers(written, format);
        expect(read).toContain(number);
        for (const one of read) expect([formatNumber(one, format), possibleE164(one)]).toEqual([written, one]);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });
});
