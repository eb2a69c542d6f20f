import { describe, expect, it } from 'vitest';
import type { WireKind } from '../../src/wire/wire.ts';
import { callWorld, manager, nothingLeft, numberToDial, PHONE } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';

// RFC 3261 section 18.1.1: requests of more than 1300 bytes.

const flow = flowOf({ say: ['SayNode', { WhatToSay: '0123456789', Done: to('bye') }], bye: ['HangUpNode'] });
const LARGEST_UDP_REQUEST = 1300;
const LARGE = Object.fromEntries(['X-One', 'X-Two', 'X-Three', 'X-Four'].map((name) => [name, 'x'.repeat(250)]));

/** A call through a trunk over UDP to a phone with these wires. `overUdp` is what the server sends of SIP over UDP: method and length. */
async function call(phoneWires: readonly WireKind[], sipHeaders: Readonly<Record<string, string>>) {
  const overUdp: [method: string, length: number][] = [];
  const world = callWorld({
    flow,
    phoneWires,
    filter: (bytes, _from, { address, port }) => {
      if (address === PHONE && port === 5060) overUdp.push([Buffer.from(bytes).toString().split(' ', 1)[0] ?? '', bytes.length]);
      return 'pass';
    },
  });
  const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, sipHeaders });
  const session = world.sessions.get(id ?? '');
  expect(session && (await world.over(session))).toBe(true);
  expect(await world.finish()).toEqual(nothingLeft);
  expect(session?.outcome).toBe('Completed');
  expect(world.phoneEvents).toContainEqual(expect.objectContaining({ event: 'first-audio', lost: 0 }));
  return overUdp;
}

describe('a call through a trunk over UDP', () => {
  it('goes over UDP from end to end when its INVITE is small', async () => {
    const overUdp = await call(['udp', 'tcp'], {});
    expect(overUdp.map(([method]) => method)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(Math.max(...overUdp.map(([, length]) => length))).toBeLessThanOrEqual(LARGEST_UDP_REQUEST);
  });

  it('goes over TCP from end to end when its INVITE is too large', async () => {
    expect(await call(['udp', 'tcp'], LARGE)).toEqual([]);
  });

  it('goes over UDP all the same when the phone has no TCP', async () => {
    const overUdp = await call(['udp'], LARGE);
    expect(overUdp.map(([method]) => method)).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(overUdp[0]?.[1]).toBeGreaterThan(LARGEST_UDP_REQUEST);
  });
});
