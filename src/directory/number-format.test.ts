import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SipNumberFormat } from '../contracts/sip-trunks.ts';
import { MemberChecks } from './member-checks.ts';
import { checkedFormat, formatNumber } from './number-format.ts';

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
