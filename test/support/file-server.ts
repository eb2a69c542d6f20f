import { afterAll, afterEach, beforeAll } from 'vitest';
import { type RealServer, realServer } from './real-server.ts';

const STARTS_WITHIN_MS = 60_000;

/** Starts a server for all tests of a file, and stops it after them. What a test puts into the answer is closed after it, the last one first. */
export function serverOfFile(
  started: (server: RealServer) => void,
  environment: Readonly<Record<string, string>> = {},
): (() => Promise<void>)[] {
  const closing: (() => Promise<void>)[] = [];
  let server: RealServer | undefined;
  beforeAll(async () => {
    server = await realServer(environment);
    started(server);
  }, STARTS_WITHIN_MS);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => server?.remove(), STARTS_WITHIN_MS);
  return closing;
}

/** As `serverOfFile`, with two media threads, for tests that close by themselves what they open. Answers how to get it. */
export function servedFile(environment: Readonly<Record<string, string>> = {}): () => RealServer {
  let running: RealServer | undefined;
  serverOfFile(
    (server) => {
      running = server;
    },
    { RINGFLOW_MEDIA_THREADS: '2', ...environment },
  );
  return () => {
    if (!running) throw new Error('The server runs from the first test on');
    return running;
  };
}
