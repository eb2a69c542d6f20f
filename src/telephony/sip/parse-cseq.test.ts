import { expect, test } from 'vitest';
import { parseCSeq } from './parse-cseq.ts';
import { SipParseError } from './sip-parse-error.ts';

test.each([
  ['1 INVITE', 1, 'INVITE'],
  ['0 ACK', 0, 'ACK'],
  [' 0009\t  INVITE ', 9, 'INVITE'],
  ['2147483647 x-own.method', 2147483647, 'x-own.method'],
])('reads %j', (text, number, method) => {
  expect(parseCSeq(text)).toEqual({ number, method });
});

test.each([
  '',
  '1',
  'INVITE',
  '1INVITE',
  '-1 INVITE',
  '1.5 INVITE',
  '0x1 INVITE',
  '1e3 INVITE',
  '2147483648 INVITE',
  '36893488147419103232 REGISTER',
  '1 INVITE BYE',
  '1 IN(VITE',
])('refuses %j', (text) => {
  expect(() => parseCSeq(text)).toThrow(SipParseError);
});
