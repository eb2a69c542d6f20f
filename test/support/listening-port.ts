import { once } from 'node:events';
import type { Server } from 'node:net';

/** Has a server listen at any free port of `address`, and answers which that is. */
export async function listeningPort(server: Server, address = '127.0.0.1'): Promise<number> {
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no address');
  return bound.port;
}
