import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderList } from './header-list.ts';
import { emptyBody, type SipMessage, type SipRequest, type SipResponse } from './message.ts';
import { parseMessage } from './parse-message.ts';
import { SipWriteError, writeMessage } from './write-message.ts';

const request = (changes: Partial<SipRequest> = {}): SipRequest => ({
  kind: 'request',
  method: 'OPTIONS',
  uri: 'sip:bob@example.com',
  headers: new HeaderList([['Call-ID', 'x']]),
  body: emptyBody,
  ...changes,
});
const response = (changes: Partial<SipResponse> = {}): SipResponse => ({
  kind: 'response',
  status: 200,
  reason: 'OK',
  headers: new HeaderList(),
  body: emptyBody,
  ...changes,
});
const write = (message: SipMessage): string => Buffer.from(writeMessage(message)).toString();

describe('writeMessage', () => {
  test('writes a request', () => {
    expect(write(request())).toBe('OPTIONS sip:bob@example.com SIP/2.0\r\nCall-ID: x\r\nContent-Length: 0\r\n\r\n');
  });

  test('writes a response with a body', () => {
    const headers = new HeaderList([['c', 'text/plain']]);
    expect(write(response({ headers, body: Buffer.from('hello') }))).toBe(
      'SIP/2.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello',
    );
  });

  test('counts the body in bytes and does not believe the headers', () => {
    const headers = new HeaderList([
      ['l', '999'],
      ['Subject', 'Grüße'],
    ]);
    const text = write(response({ reason: 'Schön', headers, body: Buffer.from('äöü') }));
    expect(text).toBe('SIP/2.0 200 Schön\r\nSubject: Grüße\r\nContent-Length: 6\r\n\r\näöü');
  });

  const evil = ['a\r\nInjected: x', 'a\rb', 'a\nb', 'a\0b', '\r\n\r\n'];
  test.each(evil)('lets nothing out of its line: %j', (text) => {
    expect(() => write(request({ headers: new HeaderList([['Subject', text]]) }))).toThrow(SipWriteError);
    expect(() => write(request({ headers: new HeaderList([[text, 'x']]) }))).toThrow(SipWriteError);
    expect(() => write(request({ method: text }))).toThrow(SipWriteError);
    expect(() => write(request({ uri: text }))).toThrow(SipWriteError);
    expect(() => write(response({ reason: text }))).toThrow(SipWriteError);
  });

  test('refuses what could not be read back', () => {
    for (const method of ['', 'A B', 'A:']) expect(() => write(request({ method }))).toThrow(SipWriteError);
    for (const uri of ['', 'sip:a b', '<sip:a>', 'sip:a\t']) expect(() => write(request({ uri }))).toThrow(SipWriteError);
    for (const name of ['', 'A B', 'A:']) expect(() => write(request({ headers: new HeaderList([[name, 'x']]) }))).toThrow(SipWriteError);
    for (const status of [0, 99, 700, 200.5, Number.NaN]) expect(() => write(response({ status }))).toThrow(SipWriteError);
  });
});

const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-.!%*_+`'~"), minLength: 1, maxLength: 12 });
const lineText = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[\r\n\0]/.test(text));
const value = lineText.map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const uri = fc.string({ unit: fc.constantFrom(...'abc@:;=?&%+.[]0123456789/ü'), minLength: 1, maxLength: 40 });
const headers = fc
  .array(
    fc.tuple(
      token.map((name) => `X-${name}`),
      value,
    ),
    { maxLength: 20 },
  )
  .map((entries) => new HeaderList(entries));
const body = fc.uint8Array({ maxLength: 200 });
const messages: fc.Arbitrary<SipMessage> = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), method: token, uri, headers, body }),
  fc.record({ kind: fc.constant('response' as const), status: fc.integer({ min: 100, max: 699 }), reason: lineText, headers, body }),
);

test('what is written reads back as it was', () => {
  fc.assert(
    fc.property(messages, (message) => {
      const again = parseMessage(writeMessage(message));
      const lines = [...again.headers.entries()];
      expect(lines.pop()).toEqual(['Content-Length', String(message.body.length)]);
      expect(lines).toEqual([...message.headers.entries()]);
      expect([...again.body]).toEqual([...message.body]);
      expect({ ...again, headers: 0, body: 0 }).toEqual({ ...message, headers: 0, body: 0 });
    }),
    { seed: 6, numRuns: 2000 },
  );
});
