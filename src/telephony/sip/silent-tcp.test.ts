import { expect, it } from 'vitest';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { SilentTcp } from './silent-tcp.ts';

it('a thousand endpoints are remembered, and the oldest is forgotten for one more', () => {
  const silent = new SilentTcp(new VirtualClock());
  const endpoint = (port: number) => ({ address: '192.0.2.1', port });
  for (let port = 1; port <= 1000; port++) silent.failed(endpoint(port), 4000);
  // Seen again, so that it is the newest.
  silent.failed(endpoint(1), 4000);
  expect([1, 2, 1000].map((port) => silent.has(endpoint(port)))).toEqual([true, true, true]);
  silent.failed(endpoint(1001), 4000);
  expect([1, 2, 3, 1001].map((port) => silent.has(endpoint(port)))).toEqual([true, false, true, true]);
});
