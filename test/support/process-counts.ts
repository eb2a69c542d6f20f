import { readdir, readFile } from 'node:fs/promises';
import type { ServerChild } from '../../src/cli/server-child.ts';
import { socketsOf } from './sockets-of.ts';
import { type ThreadMemory, threadMemories } from './thread-memory.ts';

/** What a server holds. */
export interface ProcessCounts {
  /** Open files, sockets among them. */
  readonly files: number;
  readonly udpPorts: number;
  /** Connections of clients of the API, which are kept for a minute after a request. */
  readonly apiConnections: number;
  readonly threads: number;
  /** Memory of its own that is in use, without files that are mapped. */
  readonly residentKiB: number;
  /** What of it is in no heap: buffers, WebAssembly, and what native code has asked for. */
  readonly besideHeapsKiB: number;
  readonly memory: readonly ThreadMemory[];
}

/** Counts what a server holds that was started with `tellsMemory`, once its garbage is gone. */
export async function processCounts(server: ServerChild): Promise<ProcessCounts> {
  const { pid } = server.program;
  const memory = await threadMemories(server.program);
  const resident = /^RssAnon:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  const apiPort = Number(new URL(server.url).port);
  const connections = await socketsOf(pid, 'tcp');
  return {
    files: (await readdir(`/proc/${pid}/fd`)).length,
    udpPorts: (await socketsOf(pid, 'udp')).length,
    apiConnections: connections.filter(({ localPort, isEstablished }) => isEstablished && localPort === apiPort).length,
    threads: (await readdir(`/proc/${pid}/task`)).length,
    residentKiB: Number(resident),
    besideHeapsKiB: memory.reduce((left, { heapResidentKiB }) => left - heapResidentKiB, Number(resident)),
    memory,
  };
}

/** The counts in one line. */
export function countsLine({ memory, ...counts }: ProcessCounts): string {
  const threads = memory.map(
    ({ script, threadId, objectsKiB, codeKiB, externalKiB, messagePorts, sharedBuffers }) =>
      `${script} ${threadId}: objects ${objectsKiB} KiB, code ${codeKiB} KiB, external ${externalKiB} KiB, message ports ${messagePorts}, shared buffers ${sharedBuffers}`,
  );
  const whole = Object.entries(counts).map(([what, count]) => `${what} ${count}`);
  return `${whole.join(', ')}; ${threads.join('; ')}`;
}
