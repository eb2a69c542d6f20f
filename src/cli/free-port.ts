import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const ATTEMPTS = 20;

/** A port of 127.0.0.1 that is free for UDP and for TCP at this moment. @throws when none is found */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const address = tcp.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const free = await isFreeForUdp(port);
    tcp.close();
    await once(tcp, 'close');
    if (free) return port;
  }
  throw new Error('No port of 127.0.0.1 is free.');
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const udp = createSocket('udp4');
  const bound = new Promise<boolean>((resolve) => {
    udp.once('error', () => resolve(false));
    udp.once('listening', () => resolve(true));
  });
  udp.bind(port, '127.0.0.1');
  const free = await bound;
  await new Promise<void>((resolve) => udp.close(() => resolve()));
  return free;
}
