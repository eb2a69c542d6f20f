import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SipParseError } from './sip-parse-error.ts';
import { parseUri, type SipUri, writeUri } from './uri.ts';

const params = (...entries: [string, string][]): ReadonlyMap<string, string> => new Map(entries);
const none = { params: params(), headers: [] };

function statusOf(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    if (error instanceof SipParseError) return error.status;
    throw error;
  }
  return 200;
}

describe('parseUri', () => {
  const uris: readonly (readonly [text: string, uri: SipUri])[] = [
    ['sip:example.com', { scheme: 'sip', host: 'example.com', ...none }],
    ['SIPS:bob@192.0.2.4:5061', { scheme: 'sips', user: 'bob', host: '192.0.2.4', port: 5061, ...none }],
    [
      'sip:+18145550100:secret@gw.example.com',
      { scheme: 'sip', user: '+18145550100', password: 'secret', host: 'gw.example.com', ...none },
    ],
    ['sip:[2001:db8::10]:5070', { scheme: 'sip', host: '2001:db8::10', port: 5070, ...none }],
    ['sip:bob@[::1];lr', { scheme: 'sip', user: 'bob', host: '::1', params: params(['lr', '']), headers: [] }],
    [
      'sip:a@b.example;Transport=TCP;maddr=[2001:db8::1];x=%41%3b',
      {
        scheme: 'sip',
        user: 'a',
        host: 'b.example',
        params: params(['transport', 'TCP'], ['maddr', '[2001:db8::1]'], ['x', 'A;']),
        headers: [],
      },
    ],
    [
      'sip:b.example?Subject=a%20b&Route=%3Csip:x%3E&Route=y',
      {
        scheme: 'sip',
        host: 'b.example',
        params: params(),
        headers: [
          ['Subject', 'a b'],
          ['Route', '<sip:x>'],
          ['Route', 'y'],
        ],
      },
    ],
    ['sip:a@b.example?X=1;2', { scheme: 'sip', user: 'a', host: 'b.example', params: params(), headers: [['X', '1;2']] }],
    ['sip:sips%3Auser%40example.com@example.net', { scheme: 'sip', user: 'sips:user@example.com', host: 'example.net', ...none }],
    ['sip:user;par=u%40example.net@example.com', { scheme: 'sip', user: 'user;par=u@example.net', host: 'example.com', ...none }],
    ['sip:null-%00-null@example.com', { scheme: 'sip', user: 'null-\0-null', host: 'example.com', ...none }],
    ['sip:*21#@pbx_1.example', { scheme: 'sip', user: '*21#', host: 'pbx_1.example', ...none }],
    ['tel:+1-814-555-0100', { scheme: 'tel', user: '+1-814-555-0100', host: '', ...none }],
    [
      'tel:7042;phone-context=example.com',
      { scheme: 'tel', user: '7042', host: '', params: params(['phone-context', 'example.com']), headers: [] },
    ],
  ];
  test.each(uris)('reads %s', (text, uri) => {
    expect(parseUri(text)).toEqual(uri);
  });

  test.each(['http://example.com', 'urn:service:sos', 'nobody-knows-this:x', 'mailto:a@b'])('does not support %s', (text) => {
    expect(statusOf(() => parseUri(text))).toBe(416);
  });

  test.each([
    '',
    'sip:',
    'bob@example.com',
    'sip:@example.com',
    'sip:bob@',
    'sip:a@b@c',
    'sip:a b@c',
    'sip:a@c\r\nX: y',
    'sip:a"@c',
    'sip:<a@c>',
    'sip:a@c:0',
    'sip:a@c:65536',
    'sip:a@c:',
    'sip:a@c:5060x',
    'sip:a@[::1',
    'sip:a@[1.2.3.4]',
    'sip:a@[fe80::1%25eth0]',
    'sip:a@[::1]5060',
    'sip:a@2001:db8::1',
    'sip:a@c;',
    'sip:a@c;=x',
    'sip:a@c;lr;LR',
    'sip:a@c?',
    'sip:a@c?x',
    'sip:a%4@c',
    'sip:a%zz@c',
    'sip:a%ff@c',
    'sip:exa[mple.com',
    'tel:',
    'tel:bob',
    'tel:+1 814',
    `sip:${'a'.repeat(3000)}@c`,
    `sip:a@c${';x=y'.repeat(2)}`,
    `sip:a@c;${Array.from({ length: 60 }, (_unused, index) => `p${index}`).join(';')}`,
  ])('refuses %j', (text) => {
    expect(statusOf(() => parseUri(text))).toBe(400);
  });
});

describe('writeUri', () => {
  test('escapes what would be read as something else', () => {
    const uri: SipUri = {
      scheme: 'sip',
      user: 'a@b:c d;e',
      password: 'p:w',
      host: '2001:db8::1',
      port: 5060,
      params: params(['x', 'a;b=c'], ['lr', '']),
      headers: [['Subject', 'a&b=c?']],
    };
    expect(writeUri(uri)).toBe('sip:a%40b%3Ac%20d;e:p%3Aw@[2001:db8::1]:5060;x=a%3Bb%3Dc;lr?Subject=a%26b%3Dc?');
    expect(parseUri(writeUri(uri))).toEqual(uri);
  });

  test('cannot be made to break out of a header line or of angle brackets', () => {
    expect(writeUri({ scheme: 'sip', user: 'a>\r\nX: y', host: 'b', ...none })).toBe('sip:a%3E%0D%0AX%3A%20y@b');
  });

  test('writes telephone numbers as they are', () => {
    expect(writeUri(parseUri('tel:+1(814)555.01-00;ext=12'))).toBe('tel:+1(814)555.01-00;ext=12');
  });
});

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const filled = text.filter((value) => value !== '');
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().filter((address) => parses(`sip:[${address}]`)),
);
const uris = fc.record(
  {
    scheme: fc.constantFrom('sip' as const, 'sips' as const),
    user: filled,
    host,
    port: fc.integer({ min: 1, max: 65535 }),
    params: fc
      .dictionary(
        filled.map((name) => name.toLowerCase()),
        text,
        { maxKeys: 4 },
      )
      .map((entries) => new Map(Object.entries(entries))),
    headers: fc.array(fc.tuple(filled, text), { maxLength: 3 }),
  },
  { requiredKeys: ['scheme', 'host', 'params', 'headers'] },
);

function parses(uri: string): boolean {
  return statusOf(() => parseUri(uri)) === 200;
}

test('what is written reads back as it was', () => {
  fc.assert(
    fc.property(uris, (uri) => {
      const written = writeUri(uri);
      expect(written).toMatch(/^[!-~]+$/);
      expect(parseUri(written)).toEqual(uri);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

test('any change to a URI gives a URI that can be written and read again, or a SipParseError', () => {
  const base = 'sips:user%20name:pass@[2001:db8::1]:5061;transport=tcp;lr?Subject=x&Route=%3Csip:a%3E';
  const edit = fc.record({
    at: fc.nat(base.length),
    cut: fc.nat(9),
    put: fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('%', '@', ';', '[', ']', 'tel:')),
  });
  let read = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      let changed = base;
      for (const { at, cut, put } of edits) changed = changed.slice(0, at) + put + changed.slice(at + cut);
      if (!parses(changed)) return;
      read++;
      const uri = parseUri(changed);
      expect(parseUri(writeUri(uri))).toEqual(uri);
    }),
    { seed: 8, numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(500);
});
