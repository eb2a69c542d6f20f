import { createServer } from 'node:net';
import path from 'node:path';
import type { DatabaseTarget } from '../database-target.ts';
import { DATABASE_USER } from './init-cluster.ts';
import { type Listen, SOCKET_PORT } from './server-settings.ts';

/** A socket's path has at most 108 bytes on Linux and 104 on macOS. */
const SOCKET_PATH_LIMIT = 100;

/** Where a server listens: in the cluster's own directory if that has a short path, else on a free port of the loopback address. */
export async function chooseListen(cluster: string): Promise<Listen> {
  if (Buffer.byteLength(path.join(cluster, `.s.PGSQL.${SOCKET_PORT}`)) <= SOCKET_PATH_LIMIT) return { kind: 'socket' };
  return { kind: 'tcp', port: await freePort() };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('No free port'))));
    });
  });
}

/** How clients reach a server that listens there. */
export function targetOf(cluster: string, listen: Listen, password: string): DatabaseTarget {
  const login = { user: DATABASE_USER, password, database: 'postgres' };
  return listen.kind === 'socket'
    ? { kind: 'socket', path: path.join(cluster, `.s.PGSQL.${SOCKET_PORT}`), ...login }
    : { kind: 'tcp', host: '127.0.0.1', port: listen.port, ...login };
}
