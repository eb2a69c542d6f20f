import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionLimit, type ConnectionPlace } from './connection-limit.ts';

const KNOWN = '198.51.100.1';

function scene(connections = 3, knownConnections = 5) {
  const refused: string[] = [];
  const limit = new ConnectionLimit({
    ...{ connections, knownConnections },
    isKnown: (address) => address === KNOWN,
    onRefused: (address) => refused.push(address),
  });
  /** Opens so many, and answers the places of those that were taken. */
  const open = (address: string, count: number): ConnectionPlace[] =>
    Array.from({ length: count }, () => limit.open(address)).filter((place) => place !== undefined);
  return { limit, refused, open };
}

describe('the connections of one source', () => {
  it('are so many at a time, and each that is refused is told', () => {
    const { limit, refused, open } = scene();
    const places = open('192.0.2.1', 5);
    expect([places.length, refused]).toEqual([3, ['192.0.2.1', '192.0.2.1']]);
    expect(open('192.0.2.2', 1)).toHaveLength(1);
    places[0]?.free();
    places[0]?.free();
    expect(open('192.0.2.1', 2)).toHaveLength(1);
    expect(limit.size).toBe(2);
  });

  it('are those of a whole network of 64 bits, of IPv6', () => {
    const { open } = scene();
    expect(open('2001:db8:0:1::1', 2)).toHaveLength(2);
    expect(open('2001:db8:0:1:ffff::2', 2)).toHaveLength(1);
    expect(open('2001:db8:0:2::1', 1)).toHaveLength(1);
  });

  it('are more for one that is known', () => {
    const { open } = scene();
    const places = open(KNOWN, 7);
    expect([places.length, places.every(({ isKnown }) => isKnown)]).toEqual([5, true]);
    expect(open('192.0.2.1', 1)[0]?.isKnown).toBe(false);
  });

  it('do not count when they carry registrations, up to what one that is known may have', () => {
    const { limit, open } = scene();
    const phones = open('192.0.2.1', 3);
    for (const phone of phones) {
      phone.registered();
      phone.registered();
    }
    expect(open('192.0.2.1', 3)).toHaveLength(2);
    for (const phone of phones) phone.free();
    expect(open('192.0.2.1', 3)).toHaveLength(1);
    expect(limit.size).toBe(1);
  });

  it('are as many as come where there is no limit', () => {
    const { open, refused } = scene(0, 0);
    expect([open('192.0.2.1', 2_000).length, open(KNOWN, 5_000).length, refused]).toEqual([2_000, 5_000, []]);
  });
});

describe('strangers altogether', () => {
  it('leave room for those who are known and for those who have registered', () => {
    const { open } = scene();
    const flood = Array.from({ length: 2_000 }, (_, nth) => open(`10.0.${nth >> 8}.${nth & 255}`, 3)).flat();
    expect(flood).toHaveLength(3_072);
    expect(open(KNOWN, 5)).toHaveLength(5);
    flood[0]?.registered();
    expect(open('192.0.2.1', 2)).toHaveLength(1);
  });
});

it('forgets everything that is closed, whatever happened before', () => {
  const step = fc.record({ address: fc.constantFrom(KNOWN, '192.0.2.1', '2001:db8::1', '2001:db8::2'), registers: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.nat(2)), (steps, choices) => {
      const { limit, open } = scene();
      const places: ConnectionPlace[] = [];
      for (const { address, registers } of steps) {
        for (const place of open(address, 1)) {
          places.push(place);
          if (registers) place.registered();
        }
        if (choices.next().value === 0) places.pop()?.free();
      }
      for (const place of places) place.free();
      expect(limit.size).toBe(0);
      expect(open('192.0.2.1', 9)).toHaveLength(3);
    }),
    { seed: 7, numRuns: 200 },
  );
});
