import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CallbackBody } from '../../src/callbacks/callback-sender.ts';
import { listeningPort } from './listening-port.ts';

export interface ReceivedCallback {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: CallbackBody;
}

export interface CallbackReceiver {
  readonly port: number;
  readonly received: readonly ReceivedCallback[];
  /** Connections that are open now. */
  readonly openSockets: number;
  /** Resolves when so many requests have come. */
  seen(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver of callbacks on this machine, which answers each with `answer`, 204 unless told otherwise. */
export async function callbackReceiver(
  answer: (response: ServerResponse, nth: number) => void = (response) => void response.writeHead(204).end(),
): Promise<CallbackReceiver> {
  const received: ReceivedCallback[] = [];
  const sockets = new Set<Socket>();
  const waiting: { count: number; wake: () => void }[] = [];
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      answer(response, received.length);
      for (const { count, wake } of waiting) if (received.length >= count) wake();
    });
  };
  const server = createServer(take);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listeningPort(server);
  return {
    port,
    received,
    get openSockets() {
      return sockets.size;
    },
    seen: (count) => (received.length >= count ? Promise.resolve() : new Promise<void>((wake) => waiting.push({ count, wake }))),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
