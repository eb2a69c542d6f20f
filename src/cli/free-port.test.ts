import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from './free-port.ts';

const LOOPBACK = '127.0.0.1';
/** Where no other test is given ports. */
const APART = { first: 1_500, count: 200 };

it('gives each port once, below those that systems give to sockets that ask for any', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
  for (const port of ports) expect(port >= 2_000 && port < 5_000).toBe(true);
});

it.each(['udp', 'tcp'] as const)(
  'passes over a port that somebody has over %s, and over the port below where both are asked for',
  async (transport) => {
    const taken = (await freePort(LOOPBACK, 3, APART)) + 1;
    const socket = transport === 'udp' ? createSocket('udp4').bind(taken, LOOPBACK) : createServer().listen(taken, LOOPBACK);
    await once(socket, 'listening');
    try {
      const found = await freePort(LOOPBACK, 0, { first: taken, count: 2 });
      expect(found).toBe(taken + 1);
      expect(await freePort(LOOPBACK, 1, { first: taken - 1, count: 4 })).toBe(taken + 1);
    } finally {
      socket.close();
      await once(socket, 'close');
    }
  },
);

it('says so when no port is left', async () => {
  const taken = await freePort(LOOPBACK, 0, APART);
  const server = createServer().listen(taken, LOOPBACK);
  await once(server, 'listening');
  try {
    await expect(freePort(LOOPBACK, 0, { first: taken, count: 1 })).rejects.toThrow('No port of 127.0.0.1 is free.');
  } finally {
    server.close();
    await once(server, 'close');
  }
});
