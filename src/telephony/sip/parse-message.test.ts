import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SipMessage } from './message.ts';
import { MAX_HEAD_BYTES, MAX_HEADER_LENGTH, MAX_HEADERS, MAX_MESSAGE_BYTES, parseMessage } from './parse-message.ts';
import { SipParseError } from './sip-parse-error.ts';
import { writeMessage } from './write-message.ts';

const parse = (text: string): SipMessage => parseMessage(Buffer.from(text));
const bodyOf = (message: SipMessage): string => Buffer.from(message.body).toString();
const invite = (...lines: string[]): string => ['INVITE sip:bob@example.com SIP/2.0', ...lines, '', ''].join('\r\n');

function failure(run: () => unknown): SipParseError {
  try {
    run();
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
  throw new Error('It was parsed');
}

describe('requests', () => {
  test('have method, Request-URI, headers and body', () => {
    const message = parse(`${invite('Via: SIP/2.0/UDP a', 'Content-Length: 5')}hello`);
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE', uri: 'sip:bob@example.com' });
    expect([...message.headers.entries()]).toEqual([
      ['Via', 'SIP/2.0/UDP a'],
      ['Content-Length', '5'],
    ]);
    expect(bodyOf(message)).toBe('hello');
  });

  test('may have any token as method, and a version in lower case', () => {
    expect(parse("!a%*_+`'.~-Z sip:a sip/2.0\r\n\r\n")).toMatchObject({ method: "!a%*_+`'.~-Z" });
  });

  const broken: readonly (readonly [what: string, status: number, text: string])[] = [
    ['nothing', 400, ''],
    ['only line ends', 400, '\r\n\r\n\r\n'],
    ['one word', 400, 'INVITE\r\n\r\n'],
    ['no version', 400, 'INVITE sip:a\r\n\r\n'],
    ['no URI', 400, 'INVITE  SIP/2.0\r\n\r\n'],
    ['two spaces', 400, 'INVITE  sip:a SIP/2.0\r\n\r\n'],
    ['a space at the end', 400, 'INVITE sip:a SIP/2.0 \r\n\r\n'],
    ['a space in the URI', 400, 'INVITE sip:a b SIP/2.0\r\n\r\n'],
    ['a tab in the URI', 400, 'INVITE sip:a\tb SIP/2.0\r\n\r\n'],
    ['brackets around the URI', 400, 'INVITE <sip:a> SIP/2.0\r\n\r\n'],
    ['a method that is no token', 400, 'INV[ITE sip:a SIP/2.0\r\n\r\n'],
    ['another protocol', 400, 'GET / HTTP/1.1\r\n\r\n'],
    ['another version', 505, 'INVITE sip:a SIP/7.0\r\n\r\n'],
    ['headers that do not end', 400, 'INVITE sip:a SIP/2.0\r\nVia: x\r\n'],
    ['a header without colon', 400, invite('Via')],
    ['a header without name', 400, invite(': x')],
    ['a header name that is no token', 400, invite('V a: x')],
    ['a start line that goes on', 400, invite(' Via: x')],
    ['LF alone', 400, 'INVITE sip:a SIP/2.0\nVia: x\r\n\r\n'],
    ['LF alone within a header', 400, invite('Subject: a\nInjected: b')],
    ['CR alone within a header', 400, invite('Subject: a\rInjected: b')],
    ['a NUL', 400, invite('Subject: a\0b')],
    ['a second From', 400, invite('From: <sip:a>', 'f: <sip:b>')],
    ['a second Call-ID', 400, invite('Call-ID: a', 'i: a')],
    ['a second CSeq', 400, invite('CSeq: 1 INVITE', 'CSeq: 2 INVITE')],
    ['a second Content-Length', 400, invite('Content-Length: 0', 'l: 0')],
    ['a negative Content-Length', 400, invite('Content-Length: -5')],
    ['a Content-Length that is no number', 400, invite('Content-Length: five')],
    ['an empty Content-Length', 400, invite('Content-Length:')],
    ['a Content-Length beyond the end', 400, `${invite('Content-Length: 6')}hello`],
    ['a huge Content-Length', 400, invite('Content-Length: 99999999999999999999')],
  ];
  test.each(broken)('are refused: %s', (_what, status, text) => {
    expect(failure(() => parse(text)).status).toBe(status);
  });

  test('of another version can be answered', () => {
    const { request } = failure(() => parse('INVITE sip:a SIP/3.0\r\nv: SIP/3.0/UDP b\r\nCall-ID: c\r\n\r\n'));
    expect(request?.method).toBe('INVITE');
    expect(request?.headers.first('Via')).toBe('SIP/3.0/UDP b');
  });

  test('with a body that is too short can be answered', () => {
    expect(failure(() => parse(invite('Call-ID: c', 'Content-Length: 9'))).request?.headers.first('Call-ID')).toBe('c');
  });
});

describe('responses', () => {
  test('have status and reason, which may be empty or any text', () => {
    expect(parse('SIP/2.0 180 Ringing\r\n\r\n')).toMatchObject({ kind: 'response', status: 180, reason: 'Ringing' });
    expect(parse('SIP/2.0 100 \r\n\r\n')).toMatchObject({ status: 100, reason: '' });
    expect(parse('SIP/2.0 100\r\n\r\n')).toMatchObject({ status: 100, reason: '' });
    expect(parse('sip/2.0 486 Zu spät: belegt\r\n\r\n')).toMatchObject({ status: 486, reason: 'Zu spät: belegt' });
  });

  test('are refused with a header twice that may be there once: nobody could tell whose they are', () => {
    expect(failure(() => parse('SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nCSeq: 2 INVITE\r\n\r\n')).status).toBe(400);
  });

  test.each(['SIP/2.0 99 x', 'SIP/2.0 700 x', 'SIP/2.0 4294967301 x', 'SIP/2.0 2000 x', 'SIP/2.0  200 x', 'SIP/3.0 200 OK', 'SIP/2.0'])(
    'are refused: %s',
    (line) => {
      expect(failure(() => parse(`${line}\r\n\r\n`)).status).toBe(400);
    },
  );
});

describe('headers', () => {
  test('may be folded, spaced, in compact form, empty, and in any case', () => {
    const { headers } = parse(invite('SUBJECT :  one\t', 'v:SIP/2.0/UDP a,\r\n\t  SIP/2.0/UDP b  \r\n ', 'X-Empty:', 'To\t:\r\n <sip:c>'));
    expect([...headers.entries()]).toEqual([
      ['Subject', 'one'],
      ['Via', 'SIP/2.0/UDP a, SIP/2.0/UDP b'],
      ['X-Empty', ''],
      ['To', '<sip:c>'],
    ]);
  });

  test('keep UTF-8', () => {
    expect(parse(invite('Subject: Grüße 📞')).headers.first('s')).toBe('Grüße 📞');
  });

  test('named like members of an object are only headers', () => {
    const { headers } = parse(invite('__proto__: a', 'constructor: b', 'toString: c'));
    expect([headers.first('__proto__'), headers.first('constructor'), headers.first('TOSTRING')]).toEqual(['a', 'b', 'c']);
  });
});

describe('the body', () => {
  test('is what Content-Length says; what follows is ignored', () => {
    expect(bodyOf(parse(`${invite('l: 3')}hello`))).toBe('hel');
    expect(bodyOf(parse(`${invite('l: 0')}hello`))).toBe('');
  });

  test('is all the rest without Content-Length', () => {
    expect(bodyOf(parse(`${invite('Call-ID: x')}a\r\n\r\nb`))).toBe('a\r\n\r\nb');
  });

  test('may be any bytes, and costs no copy', () => {
    const bytes = Buffer.concat([Buffer.from(invite('l: 4')), Buffer.from([0, 255, 13, 10])]);
    const { body } = parseMessage(bytes);
    expect([...body]).toEqual([0, 255, 13, 10]);
    expect(body.buffer).toBe(bytes.buffer);
  });

  test('comes after empty lines before the message, too', () => {
    expect(bodyOf(parse(`\r\n\r\n${invite('l: 2')}ok`))).toBe('ok');
  });
});

describe('limits', () => {
  test('of size', () => {
    const fits = `${invite('Call-ID: x')}${'b'.repeat(MAX_MESSAGE_BYTES - invite('Call-ID: x').length)}`;
    expect(parse(fits).body.length).toBeGreaterThan(60_000);
    expect(failure(() => parse(`${fits}b`)).status).toBe(513);
  });

  test('of headers', () => {
    const lines = Array.from({ length: MAX_HEADERS }, (_unused, index) => `X-${index}: y`);
    expect(parse(invite(...lines)).headers.size).toBe(MAX_HEADERS);
    expect(failure(() => parse(invite(...lines, 'X: y'))).status).toBe(513);
  });

  test('of all headers together', () => {
    const half = `X: ${'y'.repeat(MAX_HEAD_BYTES / 2 - 200)}`;
    const room = MAX_HEAD_BYTES - Buffer.byteLength(invite(half, half)) - 3;
    expect(parse(invite(half, half, `X:${'y'.repeat(room)}`)).headers.size).toBe(3);
    expect(failure(() => parse(invite(half, half, `X:${'y'.repeat(room + 8)}`))).status).toBe(513);
    expect(failure(() => parse(invite(half, half, half))).status).toBe(513);
  });

  test('of one header, folded or not', () => {
    expect(parse(invite(`X: ${'y'.repeat(MAX_HEADER_LENGTH - 3)}`)).headers.size).toBe(1);
    expect(failure(() => parse(invite(`X: ${'y'.repeat(MAX_HEADER_LENGTH)}`))).status).toBe(513);
    expect(failure(() => parse(invite(`X: ${'y\r\n '.repeat(MAX_HEADER_LENGTH / 4)}`))).status).toBe(513);
  });

  test('keep the worst message quick', () => {
    const worst = [
      invite(...Array.from({ length: 199 }, () => `X: ${'y'.repeat(200)}`)),
      invite(`X: ${' \r\n '.repeat(2000)}`),
      invite(`${'a'.repeat(8000)}: x`),
      `${'\r\n'.repeat(30_000)}x`,
      'a'.repeat(60_000),
      `INVITE ${'x'.repeat(60_000)} SIP/2.0\r\n\r\n`,
      invite(`X: ${'\t'.repeat(8000)}`),
    ];
    const start = performance.now();
    for (const text of worst) {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SipParseError);
      }
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

test('any change to a message gives a message or a SipParseError, and a message can be written and read again', () => {
  const base = `${invite(
    'Via: SIP/2.0/UDP host:5060;branch=z9hG4bKx',
    'f: "A" <sip:a@example.com>;tag=1',
    'To: <sip:b@example.com>',
    'i: abc',
    'CSeq: 1 INVITE',
    'Contact: <sip:a@host>,\r\n <sip:c@host>',
    'l: 5',
  )}hello`;
  const edit = fc.record({
    at: fc.nat(base.length),
    cut: fc.nat(12),
    put: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('\r\n', '\r\n ', '\r', '\n', ':', ' ', '\0', '\r\n\r\n', 'ä', '\ud800', 'l: 3\r\n'),
    ),
  });
  /** Fills the head, or the whole message, up to about what one may have. */
  const size = fc.oneof(
    { arbitrary: fc.constant({ head: 0, body: 0 }), weight: 30 },
    { arbitrary: fc.integer({ min: -400, max: 40 }).map((over) => ({ head: MAX_HEAD_BYTES - base.length + over, body: 0 })), weight: 1 },
    { arbitrary: fc.integer({ min: -400, max: 40 }).map((over) => ({ head: 0, body: MAX_MESSAGE_BYTES - base.length + over })), weight: 1 },
  );
  const counts = { parsed: 0, refused: 0, largeParsed: 0, largeRefused: 0 };
  fc.assert(
    fc.property(fc.array(edit, { minLength: 0, maxLength: 5 }), size, (edits, { head, body }) => {
      let text = base.replace('l: 5', `${`X: ${'x'.repeat(head / 2)}\r\n`.repeat(2)}l: ${5 + body}`) + 'x'.repeat(body);
      for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
      let message: SipMessage;
      try {
        message = parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SipParseError);
        counts.refused++;
        if (head + body > 0) counts.largeRefused++;
        return;
      }
      counts.parsed++;
      if (head + body > 0) counts.largeParsed++;
      const written = Buffer.from(writeMessage(message));
      // Names are written out, so a head that only just fitted may not fit again.
      if (written.indexOf('\r\n\r\n') + 4 > MAX_HEAD_BYTES || written.length > MAX_MESSAGE_BYTES) return;
      const again = parseMessage(written);
      const comparable = ({ headers, body, ...rest }: SipMessage) => ({
        ...rest,
        headers: [...headers.entries()].filter(([name]) => name !== 'Content-Length'),
        // Bytes one by one take a second to compare.
        body: Buffer.from(body).toString('latin1'),
      });
      expect(comparable(again)).toEqual(comparable(message));
    }),
    { seed: 4, numRuns: 10_000 },
  );
  expect(Math.min(counts.parsed, counts.refused)).toBeGreaterThan(1000);
  expect(Math.min(counts.largeParsed, counts.largeRefused)).toBeGreaterThan(50);
});

test('any bytes give a message or a SipParseError', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        { arbitrary: fc.uint8Array({ maxLength: 300 }), weight: 50 },
        { arbitrary: fc.uint8Array({ maxLength: MAX_MESSAGE_BYTES + 100, size: 'max' }), weight: 1 },
      ),
      (bytes) => {
        try {
          parseMessage(Buffer.concat([Buffer.from('SIP/2.0 200 OK\r\n'), bytes, Buffer.from('\r\n\r\n')]));
        } catch (error) {
          expect(error).toBeInstanceOf(SipParseError);
        }
      },
    ),
    { seed: 5, numRuns: 5000 },
  );
});
