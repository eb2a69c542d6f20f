import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { NetworkTable } from './network-table.ts';

describe('NetworkTable', () => {
  it('finds addresses and networks, in the order in which they were added', () => {
    const table = new NetworkTable<string>();
    table.add('10.0.0.0/8', 'wide');
    table.add('10.1.2.3', 'one');
    table.add('2001:db8::/32', 'six');
    table.add('10.1.2.3', 'again');
    table.add('10.0.0.0/8', 'wide again');
    expect(table.at('10.1.2.3')).toEqual(['wide', 'one', 'again', 'wide again']);
    expect(table.at('::ffff:10.1.2.4')).toEqual(['wide', 'wide again']);
    expect(table.at('11.1.2.3')).toEqual([]);
    expect(table.at('2001:DB8:1::1')).toEqual(['six']);
    expect(table.at('2001:db9::1')).toEqual([]);
    expect(table.at('no address')).toEqual([]);
  });

  it('agrees with a comparison bit by bit', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (network, bits, address) => {
        const table = new NetworkTable<number>();
        table.add(`${network}/${bits}`, bits);
        const expected = ipaddr.parse(address).match(ipaddr.parse(network), bits);
        expect(table.at(address).length).toBe(expected ? 1 : 0);
        expect(table.at(network).length).toBe(1);
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.ipV6(), (network, bits, address) => {
        const table = new NetworkTable<number>();
        table.add(`${network}/${bits}`, bits);
        const at = ipaddr.process(address);
        const expected = at.kind() === 'ipv6' && at.match(ipaddr.parse(network), bits);
        expect(table.at(address).length).toBe(expected ? 1 : 0);
      }),
    );
  });
});
