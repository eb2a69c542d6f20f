import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseIdentity } from './sip-identity.ts';

const belongs = (domain: string, subjectaltname?: string): boolean => refuseIdentity(domain, { subjectaltname }) === undefined;

describe('a certificate', () => {
  test.each([
    ['a.example', 'DNS:a.example'],
    ['A.Example.', 'DNS:b.example, DNS:a.EXAMPLE'],
    ['a.example', 'URI:sip:a.example, DNS:host.example'],
    ['192.0.2.1', 'DNS:a.example, IP Address:192.0.2.1'],
    ['2001:db8::1', 'IP Address:2001:DB8:0:0:0:0:0:1'],
  ])('belongs to %s with %s', (domain, names) => {
    expect(belongs(domain, names)).toBe(true);
  });

  test.each([
    ['a.example', undefined],
    ['a.example', ''],
    ['a.example', 'DNS:*.example'],
    ['a.b.example', 'DNS:*.b.example'],
    ['a.example', 'DNS:xa.example'],
    ['a.example', 'DNS:example'],
    ['b.a.example', 'DNS:a.example'],
    // Where there are SIP URIs, DNS names say which host it is, not which domain (RFC 5922 section 7.1).
    ['host.example', 'URI:sip:a.example, DNS:host.example'],
    ['a.example', 'URI:sips:a.example'],
    ['a.example', 'URI:sip:bob@a.example'],
    ['a.example', 'URI:"http://x/, DNS:a.example"'],
    ['a.example', 'URI:"http://x/\\", DNS:a.example"'],
    ['a.example', 'URI:"http://x/"; DNS:a.example'],
    ['a.example', 'URI:"\\x, DNS:a.example'],
    ['192.0.2.1', 'DNS:192.0.2.1'],
    ['192.0.2.1', 'IP Address:192.0.2.10'],
  ])('does not belong to %s with %s', (domain, names) => {
    expect(belongs(domain, names)).toBe(false);
  });

  test('cannot get a name from inside a value that is quoted, whatever stands there', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const value = JSON.stringify(`${before}, DNS:a.example, ${after}`);
        return !belongs('a.example', `URI:${value}, DNS:b.example`) && belongs('b.example', `URI:${value}, DNS:b.example`);
      }),
    );
  });

  test('is read up to a thousand names', () => {
    const others = 'DNS:x.example, ';
    expect(belongs('a.example', `${others.repeat(999)}DNS:a.example`)).toBe(true);
    expect(belongs('a.example', `${others.repeat(1000)}DNS:a.example`)).toBe(false);
  });

  test('of any text is judged, not choked on', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof belongs('a.example', text)).toBe('boolean');
      }),
    );
  });
});
