import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports from `first` on, so many. */
export interface Ports {
  readonly first: number;
  readonly count: number;
}

/**
 * Below those that systems give to sockets that ask for any port, and apart from those that a server, the demo and the test phone have for audio by
 * default: none of these is taken between the look and the use but by who asks for it.
 */
const PORTS: Ports = { first: 2_000, count: 3_000 };
const ATTEMPTS = 100;

/** Where to look next in a range, by its first port: a process is given no port twice until it has had all of them. */
const next = new Map<number, number>();

/**
 * A port of a loopback address that is free for UDP and for TCP at this moment.
 * @param more how many ports above it must be free too
 * @throws when none is found
 */
export async function freePort(address = '127.0.0.1', more = 0, { first, count }: Ports = PORTS): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const at = next.get(first) ?? Math.floor(Math.random() * count);
    const fits = at + more < count;
    next.set(first, fits ? at + more + 1 : 0);
    if (fits && (await areFree(first + at, more, address))) return first + at;
  }
  throw new Error(`No port of ${address} is free.`);
}

async function areFree(port: number, more: number, address: string): Promise<boolean> {
  for (let above = 0; above <= more; above++)
    if (!((await isFreeForTcp(port + above, address)) && (await isFreeForUdp(port + above, address)))) return false;
  return true;
}

async function isFreeForTcp(port: number, address: string): Promise<boolean> {
  const server = createServer().listen(port, address);
  const isFree = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (isFree) await new Promise((resolve) => server.close(resolve));
  return isFree;
}

async function isFreeForUdp(port: number, address: string): Promise<boolean> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(port, address);
  const isFree = await once(socket, 'listening').then(
    () => true,
    () => false,
  );
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return isFree;
}
