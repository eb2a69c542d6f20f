import fc from 'fast-check';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { describe, expect, it } from 'vitest';
import { possibleE164 } from './e164.ts';

describe('possible numbers', () => {
  it.each([
    ['+18144043093', '+18144043093'],
    ['+1 (814) 404-3093', '+18144043093'],
    ['+49 30 901820', '+4930901820'],
    ['+4915112345678', '+4915112345678'],
    ['+80012345678', '+80012345678'],
  ])('%s is %s', (text, e164) => expect(possibleE164(text)).toBe(e164));

  it.each([
    '',
    '8144043093',
    '+',
    '+1',
    '+1814',
    '+181440430931234567',
    '+99912345678',
    '+1814404309a',
    '0018144043093',
    '+18144043093;ext=5',
    '+1814\n4043093',
    'tel:+18144043093',
    '＋18144043093',
  ])('%j is none', (text) => expect(possibleE164(text)).toBeUndefined());

  it('agrees with the library about numbers written in E.164', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+[1-9][0-9]{2,14}$/), (text) => {
        const number = parsePhoneNumberFromString(text, { extract: false });
        if (number?.number === text) expect(possibleE164(text)).toBe(number.isPossible() ? text : undefined);
      }),
      { numRuns: 5000, seed: 5 },
    );
  });

  it('answers E.164 or nothing, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\+[0-9 ().-]{1,40}$/)), (text) => {
        const number = possibleE164(text);
        if (number === undefined) return;
        expect(number).toMatch(/^\+[1-9][0-9]{3,14}$/);
        expect(possibleE164(number)).toBe(number);
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});
