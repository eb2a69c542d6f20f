import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NameAddress, parseNameAddress } from './parse-address.ts';
import { SipParseError } from './sip-parse-error.ts';
import { quote } from './token.ts';

const addresses: readonly (readonly [text: string, address: Omit<NameAddress, 'params'>, params: Record<string, string>])[] = [
  ['<sip:a@b.example>', { uri: 'sip:a@b.example' }, {}],
  ['sip:a@b.example;tag=x1;Own=2', { uri: 'sip:a@b.example', tag: 'x1' }, { tag: 'x1', own: '2' }],
  ['<sip:a@b.example;lr?X=y>;tag=x1', { uri: 'sip:a@b.example;lr?X=y', tag: 'x1' }, { tag: 'x1' }],
  ['Alice van Dyke <sip:a@b.example> ; q = 0.7', { displayName: 'Alice van Dyke', uri: 'sip:a@b.example' }, { q: '0.7' }],
  ['"Bell, <A> \\"quoted\\" \\\\" <sip:a@b.example>', { displayName: 'Bell, <A> "quoted" \\', uri: 'sip:a@b.example' }, {}],
  ['"" <sip:a@b.example>', { uri: 'sip:a@b.example' }, {}],
  [
    '"Größe; x"<sips:a@b.example>;+sip.instance="<urn:uuid:1>"',
    { displayName: 'Größe; x', uri: 'sips:a@b.example' },
    { '+sip.instance': '<urn:uuid:1>' },
  ],
  ['  <  sip:a@b.example  >', { uri: 'sip:a@b.example' }, {}],
  ['<sip:a@b.example>;tag=', { uri: 'sip:a@b.example' }, { tag: '' }],
  ['tel:+18145550100;tag=a', { uri: 'tel:+18145550100', tag: 'a' }, { tag: 'a' }],
  ['sip:a@b.example;x="<;>"', { uri: 'sip:a@b.example' }, { x: '<;>' }],
  ['isbn:2983792873', { uri: 'isbn:2983792873' }, {}],
];

describe('parseNameAddress', () => {
  test.each(addresses)('reads %s', (text, address, params) => {
    expect(parseNameAddress(text)).toEqual({ ...address, params: new Map(Object.entries(params)) });
  });

  test.each([
    '',
    '*',
    'Alice',
    '<>',
    '<sip:a@b',
    '<a@b>',
    'sip:a@b>',
    '"Alice <sip:a@b>',
    '"Alice" sip:a@b',
    '"Alice" x <sip:a@b>',
    'Al"ice <sip:a@b>',
    '<sip:a@b> x',
    '<sip:a@b>,<sip:c@d>',
    '<sip:a b>',
    'sip:a@b?Route=x',
    'sip:a@b,sip:c@d',
    '<sip:a@b>;tag=1;tag=2',
    '<sip:a@b>;tag="1',
    '<sip:a@b>;(x)=1',
  ])('refuses %j', (text) => {
    expect(() => parseNameAddress(text)).toThrow(SipParseError);
  });

  test('gives back any display name that was quoted', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(name, (displayName) => {
        expect(parseNameAddress(`${quote(displayName)} <sip:a@b>;tag=t`)).toMatchObject({ displayName, uri: 'sip:a@b', tag: 't' });
      }),
      { seed: 9, numRuns: 2000 },
    );
  });

  test('meets any text with an address or a SipParseError', () => {
    const piece = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('"', '\\', '<', '>', ';', 'sip:a@b', 'tag=', ',', ' '));
    let read = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          expect(parseNameAddress(pieces.join('')).uri).toMatch(/^[A-Za-z][^\s<>]*$/);
          read++;
        } catch (error) {
          expect(error).toBeInstanceOf(SipParseError);
        }
      }),
      { seed: 10, numRuns: 10_000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});
