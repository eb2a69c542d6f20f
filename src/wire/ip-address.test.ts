import { describe, expect, it } from 'vitest';
import { byFamily, canonicalAddress, familyOf, isNotPublic } from './ip-address.ts';

describe('an IP address', () => {
  it.each([
    ['2001:DB8:0:0:0::1', '2001:db8::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['192.0.2.1', '192.0.2.1'],
    ['sip.example', 'sip.example'],
    ['not:an:address', 'not:an:address'],
  ])('%s is %s', (written, canonical) => expect(canonicalAddress(written)).toBe(canonical));

  it('has a family, by which one of each is kept', () => {
    expect([familyOf('192.0.2.1'), familyOf('::1'), familyOf('fe80::1%eth0')]).toEqual([4, 6, 6]);
    expect(byFamily(['::1', '192.0.2.1', '::2'])).toEqual({ 4: '192.0.2.1', 6: '::1' });
    expect(byFamily(['192.0.2.1'])).toEqual({ 4: '192.0.2.1' });
  });
});

it.each([
  ['10.1.2.3', true],
  ['172.15.0.1', false],
  ['172.16.0.1', true],
  ['172.31.255.255', true],
  ['172.32.0.1', false],
  ['192.168.0.1', true],
  ['192.169.0.1', false],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['169.254.1.1', true],
  ['127.0.0.1', true],
  ['0.0.0.0', true],
  ['8.8.8.8', false],
  ['::1', true],
  ['::', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['2001:db8::1', false],
])('%s is not public: %s', (address, expected) => {
  expect(isNotPublic(address)).toBe(expected);
});
