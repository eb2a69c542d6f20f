import { expect, test } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/log.ts';
import { openTcp } from './tcp.ts';
import { openUdp } from './udp.ts';
import type { Endpoint, Wire } from './wire.ts';

const open: readonly [string, (local: Endpoint) => Promise<Wire>][] = [
  ['UDP', (local) => openUdp({ local, log: silentLogger })],
  ['TCP', (local) => openTcp({ local, clock: systemClock, log: silentLogger })],
];

test.each(open)('a wire over %s on all addresses of IPv6 leaves the port of IPv4 to another', async (_kind, openAt) => {
  const six = await openAt({ address: '::', port: 0 });
  const four = await openAt({ address: '0.0.0.0', port: six.local.port });
  expect(four.local.port).toBe(six.local.port);
  await Promise.all([six.close(), four.close()]);
});
