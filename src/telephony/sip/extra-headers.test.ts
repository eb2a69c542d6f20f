import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extraHeaders } from './extra-headers.ts';
import { SipWriteError } from './write-message.ts';

describe('extraHeaders', () => {
  it('lets extensions through, in order', () => {
    expect(extraHeaders({ 'X-Campaign': 'spring, "sale"; a=b', 'x-order-7': '' })).toEqual([
      ['X-Campaign', 'spring, "sale"; a=b'],
      ['x-order-7', ''],
    ]);
    expect(extraHeaders()).toEqual([]);
    expect(extraHeaders({ 'P-Charge-Info': '<sip:7@a>', subject: 's' })).toEqual([
      ['P-Charge-Info', '<sip:7@a>'],
      ['subject', 's'],
    ]);
  });

  it.each([
    ...['', 'X', 'X-', 'Via', 'From', 'v', 'Max-Forwards', 'Authorization', 'Xavier', 'X-A B', 'X-A:', 'X-A\r\nVia', 'X-Ä', ' X-A'].map(
      (name) => ({ [name]: 'a' }),
    ),
    ...['a\r\nVia: b', 'a\nb', 'a\rb', 'a\0', 'a\tb', '\u007f', '\u0085'].map((value) => ({ 'X-A': value })),
    { 'X-A': 'a'.repeat(12_000) },
  ])('refuses %j', (headers) => expect(() => extraHeaders(headers)).toThrow(SipWriteError));

  it('answers nothing that could end its line, whatever it is given', () => {
    const text = fc.string({ unit: 'binary', maxLength: 10 });
    const name = fc.oneof(
      text.map((rest) => `X-${rest}`),
      text,
    );
    const line = /^x-[A-Za-z0-9\-.!%*_+`'~]+: [^\r\n\0]*$/i;
    const isSafe = (headers: Record<string, string>): boolean => {
      try {
        return extraHeaders(headers).every(([key, value]) => line.test(`${key}: ${value}`));
      } catch (error) {
        return error instanceof SipWriteError;
      }
    };
    fc.assert(fc.property(fc.dictionary(name, text), isSafe), { seed: 12, numRuns: 1000 });
  });
});
