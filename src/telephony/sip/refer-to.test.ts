import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from './header-list.ts';
import { parseReferTo, referrerOf, writeReferTo } from './refer-to.ts';
import { parseReplaces, writeReplaces } from './replaces.ts';
import { SipParseError } from './sip-parse-error.ts';
import { isSipfrag, readSipfrag, writeSipfrag } from './sipfrag.ts';

const referTo = (...values: string[]) => parseReferTo(new HeaderList(values.map((value) => ['Refer-To', value])));
const status = (read: () => unknown): number | undefined => {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof SipParseError ? error.status : -1;
  }
};

describe('Refer-To', () => {
  it.each([
    ['<sip:bob@example.com>', { uri: 'sip:bob@example.com' }],
    ['Bob <sip:bob@example.com;method=INVITE>', { uri: 'sip:bob@example.com' }],
    ['tel:+15550111', { uri: 'tel:+15550111' }],
    [
      '<sips:bob@[2001:db8::1]:5071;transport=tcp?Replaces=12%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&Subject=x>',
      { uri: 'sips:bob@[2001:db8::1]:5071;transport=tcp', replaces: { callId: '12@h', toTag: '1', fromTag: '2', earlyOnly: false } },
    ],
  ])('%s', (value, target) => {
    expect(referTo(value)).toEqual(target);
  });

  it.each([
    ['none', [], 400],
    ['two', ['<sip:a@b>', '<sip:c@d>'], 400],
    ['two in one line', ['<sip:a@b>, <sip:c@d>'], 400],
    ['another method', ['<sip:a@b;method=BYE>'], 400],
    ['another scheme', ['<http://a.example>'], 416],
    ['two Replaces', ['<sip:a@b?Replaces=1%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=1%3Bto-tag%3D1%3Bfrom-tag%3D2>'], 400],
    ['a Replaces that is none', ['<sip:a@b?Replaces=1>'], 400],
    ['an address that is none', ['<bob'], 400],
  ])('%s is refused', (_what, values, expected) => {
    expect(status(() => referTo(...values))).toBe(expected);
  });

  it('is read back as it was written, with whatever names the call to replace', () => {
    const word = fc.stringMatching(/^[\w\-.!%*+`'~()<>:\\/"[\]?{}]{1,20}$/);
    const token = fc.stringMatching(/^[\w\-.!%*+`'~]{1,20}$/);
    fc.assert(
      fc.property(word, token, token, fc.boolean(), (callId, toTag, fromTag, earlyOnly) => {
        const replaces = { callId, toTag, fromTag, earlyOnly };
        expect(parseReplaces(writeReplaces(replaces))).toEqual(replaces);
        const target = { uri: 'sip:bob@example.com', replaces };
        expect(referTo(writeReferTo(target))).toEqual(target);
      }),
    );
  });
});

describe('Replaces', () => {
  it.each([
    '',
    'x',
    'x;to-tag=1',
    'x;from-tag=1',
    'x;to-tag=;from-tag=1',
    ';to-tag=1;from-tag=2',
    'a b;to-tag=1;from-tag=2',
    `${'x'.repeat(1100)};to-tag=1;from-tag=2`,
    'x;to-tag=1;to-tag=2;from-tag=3',
  ])('%j is refused', (text) => {
    expect(status(() => parseReplaces(text))).toBe(400);
  });
});

describe('whatever stands in these headers', () => {
  it('is read, or refused with a status', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), (text, bytes) => {
        expect([undefined, 400, 416]).toContain(status(() => referTo(`<sip:a@b?Replaces=${encodeURIComponent(text)}>`)));
        expect([undefined, 400, 416]).toContain(status(() => referTo(text)));
        expect([undefined, 400]).toContain(status(() => parseReplaces(text)));
        referrerOf(new HeaderList([['Referred-By', text]]));
        readSipfrag(bytes);
      }),
    );
  });
});

describe('Referred-By', () => {
  it('is the URI, or nothing when it cannot be read', () => {
    expect(referrerOf(new HeaderList([['b', '"Alice" <sip:alice@example.com>;cid="20398823.2UWQFN309shb3@referrer.example"']]))).toBe(
      'sip:alice@example.com',
    );
    expect(referrerOf(new HeaderList([['Referred-By', '<<']]))).toBeUndefined();
    expect(referrerOf(new HeaderList())).toBeUndefined();
  });
});

describe('message/sipfrag', () => {
  it.each([
    ['SIP/2.0 200 OK\r\n', { status: 200, reason: 'OK' }],
    ['SIP/2.0 486 Busy Here\nTo: <sip:a@b>\n', { status: 486, reason: 'Busy Here' }],
    ['sip/2.0 100', { status: 100, reason: '' }],
    ['SIP/2.0 700 Never\r\n', undefined],
    ['INVITE sip:a@b SIP/2.0\r\n', undefined],
    ['', undefined],
    [`SIP/2.0 200 OK\r\n${'x'.repeat(5000)}`, undefined],
  ])('%j', (text, expected) => {
    expect(readSipfrag(Buffer.from(text))).toEqual(expected);
  });

  it('cannot be made to hold another line', () => {
    expect(writeSipfrag({ status: 500, reason: 'a\r\nb: c\0' })).toBe('SIP/2.0 500 a b: c \r\n');
  });

  it('has its own type', () => {
    expect([
      isSipfrag('message/sipfrag;version=2.0'),
      isSipfrag('Message/SIPFrag'),
      isSipfrag('message/sip'),
      isSipfrag(undefined),
    ]).toEqual([true, true, false, false]);
  });
});
