import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitBody, isDigitType, readDigitBody } from './digit-body.ts';

const RELAY = 'application/dtmf-relay';
const PLAIN = 'application/dtmf';
const digit = (value: string) => ({ kind: 'digit', digit: value });
const flash = { kind: 'flash' };
const unreadable = { kind: 'unreadable' };

describe('the digit in an INFO body', () => {
  it.each([
    [RELAY, 'Signal=5\r\nDuration=160\r\n', digit('5')],
    [RELAY, 'Signal= 5\r\nDuration= 160', digit('5')],
    [RELAY, 'signal=*', digit('*')],
    [RELAY, 'Duration=250\nSignal=#\n', digit('#')],
    [RELAY, 'Signal=a\r\n', digit('A')],
    [RELAY, 'Signal=10\r\nDuration=100', digit('*')],
    [RELAY, 'Signal=11', digit('#')],
    [RELAY, 'Signal=15', digit('D')],
    [RELAY, 'Signal=hf\r\n', flash],
    [RELAY, 'Signal=16', flash],
    [RELAY, 'Signal=17', unreadable],
    [RELAY, 'Signal=55', unreadable],
    [RELAY, 'Signal=', unreadable],
    [RELAY, 'Duration=160', unreadable],
    [RELAY, '5', unreadable],
    ['Application/DTMF-Relay; charset=utf-8', 'Signal=5', digit('5')],
    [PLAIN, '5', digit('5')],
    [PLAIN, ' 5\r\n', digit('5')],
    [PLAIN, '11', digit('#')],
    [PLAIN, '!', flash],
    [PLAIN, 'Signal=7\r\nDuration=80', digit('7')],
    [PLAIN, '', unreadable],
    [PLAIN, '12345', unreadable],
    ['application/sdp', '5', unreadable],
    [undefined, '5', unreadable],
  ])('of %s %j is %j', (type, text, expected) => {
    expect(readDigitBody(type, Buffer.from(text))).toEqual(expected);
  });

  it('is not looked for in a body that is too long', () => {
    expect(readDigitBody(RELAY, Buffer.from(`Signal=5\r\n${'x'.repeat(250)}`))).toEqual({ kind: 'too long' });
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.constantFrom(...'0123456789*#ABCD'), fc.nat(10_000), (one, durationMs) => {
        const { type, text } = digitBody(one, durationMs);
        expect(isDigitType(type)).toBe(true);
        expect(readDigitBody(type, Buffer.from(text))).toEqual(digit(one));
      }),
    );
  });

  it('is one of the sixteen or none, whatever bytes come', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ unit: fc.constantFrom(...'SsIiGgNnAaLl=0123456789*#D\r\n \t'), maxLength: 300 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.constantFrom(RELAY, PLAIN, 'text/plain', ''), bytes, (type, body) => {
        const read = readDigitBody(type, body);
        if (read.kind === 'digit') expect('0123456789*#ABCD').toContain(read.digit);
        if (body.length > 256 && isDigitType(type)) expect(read.kind).toBe('too long');
      }),
      { numRuns: 2000 },
    );
  });
});
