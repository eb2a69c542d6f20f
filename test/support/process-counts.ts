import { readdir, readFile, readlink } from 'node:fs/promises';
import type { ServerChild } from '../../src/cli/server-child.ts';
import { udpPortsOf } from './udp-ports.ts';

/** What a process of this machine holds. */
export interface ProcessCounts {
  readonly files: number;
  readonly sockets: number;
  readonly udpPorts: number;
  readonly threads: number;
  /** Objects and buffers of its main thread once the garbage is gone. */
  readonly heapKiB: number;
  readonly residentKiB: number;
}

const collecting = `
import { isMainThread } from 'node:worker_threads';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGUSR2', async () => {
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    console.log('memory ' + (heapUsed + arrayBuffers));
  });
}
`;

/** Environment of a server that tells its memory when it gets SIGUSR2. */
export const tellsMemory = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(collecting)}` };

/** Counts what a server holds that was started with `tellsMemory`. */
export async function processCounts({ program }: ServerChild): Promise<ProcessCounts> {
  const { pid } = program;
  const told = new Promise<number>((resolve) => {
    program.onLine((line) => {
      const bytes = /^memory (\d+)$/.exec(line)?.[1];
      if (bytes !== undefined) resolve(Number(bytes));
    });
  });
  process.kill(pid, 'SIGUSR2');
  const heapKiB = Math.round((await told) / 1024);
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    udpPorts: (await udpPortsOf(pid)).length,
    threads: (await readdir(`/proc/${pid}/task`)).length,
    heapKiB,
    residentKiB: Number(resident),
  };
}
