import { describe, expect, it } from 'vitest';
import { isSipfrag, readSipfrag, writeSipfrag } from './sipfrag.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a part of a message that tells how a REFER goes', () => {
  it.each([
    ['SIP/2.0 200 OK\r\n', { status: 200, reason: 'OK' }],
    ['SIP/2.0 100 Trying', { status: 100, reason: 'Trying' }],
    ['SIP/2.0 603\r\nVia: x\r\n', { status: 603, reason: '' }],
    ['sip/2.0 486 Busy  \n', { status: 486, reason: 'Busy' }],
    ['SIP/2.0 700 X\r\n', undefined],
    ['SIP/2.0 20 X\r\n', undefined],
    ['INVITE sip:a SIP/2.0\r\n', undefined],
    ['', undefined],
  ])('is read from %j', (text, status) => {
    expect(readSipfrag(bytes(text))).toEqual(status);
  });

  it('is none when it is longer than such a part may be', () => {
    const headers = (length: number): Uint8Array => bytes(`SIP/2.0 200 OK\r\n${'x'.repeat(length)}`);
    expect(readSipfrag(headers(4096 - 16))).toEqual({ status: 200, reason: 'OK' });
    expect(readSipfrag(headers(4096 - 15))).toBeUndefined();
  });

  it('has one line, whatever the reason is', () => {
    expect(writeSipfrag({ status: 404, reason: 'Not\r\nFound\r\n\r\nBye' })).toBe('SIP/2.0 404 Not Found Bye\r\n');
    expect(writeSipfrag({ status: 404, reason: 'a\u0000b\u0085c' })).toBe('SIP/2.0 404 a b c\r\n');
  });

  it('is known by its content type', () => {
    expect(['message/sipfrag', 'Message/SIPfrag;version=2.0', 'message/sipfrags', 'application/sdp', undefined].map(isSipfrag)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
