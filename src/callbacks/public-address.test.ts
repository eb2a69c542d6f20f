import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressCheck } from './public-address.ts';

const mayReach = addressCheck();

/** The 16 bytes of an IPv6 address as text. */
function ipv6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  return groups.join(':');
}

describe('the addresses that callbacks may go to', () => {
  it.each(['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.0', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'])(
    'are public: %s',
    (address) => expect(mayReach(address)).toBe(true),
  );

  it.each([
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['100.64.0.1', '100.100.100.200', '192.0.0.192', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1'],
    ...['255.255.255.255', '168.63.129.16'],
    ...['::', '::1', 'fe80::1', 'febf::1', 'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '2001:db8::1', '3fff::1', '5f00::1', '100::1'],
  ])('are not local or reserved: %s', (address) => expect(mayReach(address)).toBe(false));

  it.each(['', 'example.com', '127.0.0.1.', '1.2.3', '[::1]', '::ffff:', '8.8.8.8/32', '2606:4700::1111%eth0x%'])(
    'are addresses: %j is none',
    (text) => expect(mayReach(text)).toBe(false),
  );

  it('are never IPv6 that wraps an IPv4 address, whichever that is', () => {
    const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
    const none = (count: number): number[] => new Array<number>(count).fill(0);
    const wrap: ((octets: readonly number[]) => readonly number[])[] = [
      (v4) => [...none(12), ...v4],
      (v4) => [...none(10), 0xff, 0xff, ...v4],
      (v4) => [...none(8), 0xff, 0xff, 0, 0, ...v4],
      (v4) => [0, 0x64, 0xff, 0x9b, ...none(8), ...v4],
      (v4) => [0, 0x64, 0xff, 0x9b, 0, 1, ...none(6), ...v4],
      (v4) => [0x20, 0x02, ...v4, ...none(10)],
      (v4) => [0x20, 0x01, 0, 0, ...none(8), ...v4],
    ];
    fc.assert(
      fc.property(octets, fc.constantFrom(...wrap), (v4, around) => mayReach(ipv6(around(v4))) === false),
      { seed: 11, numRuns: 500 },
    );
  });

  it('are besides those of the networks that the server is told, and no others of their kind', () => {
    const check = addressCheck(['127.0.0.0/8', 'fd12::/16']);
    expect(['127.0.0.1', '127.9.9.9', 'fd12::7', '8.8.8.8'].map(check)).toEqual([true, true, true, true]);
    expect(['10.0.0.1', '::1', 'fd13::7', '::ffff:127.0.0.1'].map(check)).toEqual([false, false, false, false]);
    expect(() => addressCheck(['127.0.0.1/33'])).toThrow();
  });
});
