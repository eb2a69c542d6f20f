import type { Socket } from 'node:net';
import { type Clock, systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import { type Random, systemRandom } from '../kernel/random.ts';
import { buildApp } from './app.ts';
import { bodyLimits } from './body-limits.ts';
import type { Services } from './services.ts';
import type { HttpSettings } from './serving-options.ts';

export interface ServerOptions extends HttpSettings {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly services: Services;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How long `close()` waits for requests that are being answered. 5 s if absent. */
  readonly closeGraceMs?: number;
}

export interface HttpServer {
  /** For people and for `Location` headers of others: `http://127.0.0.1:8080`. */
  readonly address: string;
  readonly port: number;
  /** Takes no new connection, waits for the answers under way, and closes every connection. Idempotent. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 4096;
const CLOSE_GRACE_MS = 5000;

/**
 * Starts the HTTP server.
 * @throws AppError BAD_SETTING when the address cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<HttpServer> {
  const { host, port, clock = systemClock, random = systemRandom, closeGraceMs = CLOSE_GRACE_MS } = options;
  const app = buildApp({ ...options, clock, random, bodyLimits });
  app.server.maxConnections = MAX_CONNECTIONS;
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const address = await app.listen({ host, port }).catch((error: unknown) => cannotListen(host, port, error));
  let closed: Promise<void> | undefined;
  return {
    address,
    port: Number(new URL(address).port),
    close() {
      closed ??= closeWithin(closeGraceMs);
      return closed;
    },
  };

  async function closeWithin(graceMs: number): Promise<void> {
    // A connection that is in the middle of a request would keep the server open for as long as it likes.
    const timer = clock.after(graceMs, () => app.server.closeAllConnections());
    const closing = app.close();
    // Clients open connections in advance; those that never sent a byte do not count as idle with the server itself.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    await closing;
    timer.cancel();
  }
}

function cannotListen(host: string, port: number, cause: unknown): never {
  const code = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  const name = code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' ? 'RINGFLOW_HTTP_HOST' : 'RINGFLOW_HTTP_PORT';
  const why = code === 'EADDRINUSE' ? 'another program uses it' : String(code);
  throw new AppError('BAD_SETTING', { name, reason: `does not work: cannot listen on ${host}:${port}, ${why}.` }, { cause });
}
