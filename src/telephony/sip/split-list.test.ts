import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SipParseError } from './sip-parse-error.ts';
import { MAX_LIST_VALUES, splitList } from './split-list.ts';

describe('splitList', () => {
  test.each([
    [[], []],
    [['a'], ['a']],
    [
      ['a , b', 'c'],
      ['a', 'b', 'c'],
    ],
    [[',a,, b,'], ['a', 'b']],
    [['"a, \\" b" <sip:x,y@z>;p="q,r", <sip:c>'], ['"a, \\" b" <sip:x,y@z>;p="q,r"', '<sip:c>']],
    [['<sip:a?X="b>, <sip:c>'], ['<sip:a?X="b>', '<sip:c>']],
    [['', ' '], []],
  ])('%j gives %j', (lines, values) => {
    expect(splitList(lines)).toEqual(values);
  });

  test.each(['"a', '<a', '"a\\"', 'a, "b, c'])('refuses %j, which does not close', (line) => {
    expect(() => splitList([line])).toThrow(SipParseError);
  });

  test('takes so many values and no more', () => {
    const line = (count: number) => Array.from({ length: count }, () => 'a').join(',');
    expect(splitList([line(MAX_LIST_VALUES)])).toHaveLength(MAX_LIST_VALUES);
    expect(() => splitList([line(MAX_LIST_VALUES), 'a'])).toThrow(SipParseError);
  });

  test('finds the values that were joined', () => {
    const value = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abc;= '), minLength: 1 }),
      fc.string().map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`),
      fc.constant('<sip:a,b>'),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 10 }), (values) => {
        expect(splitList([values.join(', ')])).toEqual(values.map((text) => text.trim()).filter((text) => text !== ''));
      }),
      { seed: 11, numRuns: 1000 },
    );
  });
});
