import type { ServerChild } from '../../src/cli/server-child.ts';

/**
 * Loaded into each thread of a server before its own code: when the process gets SIGUSR2, the media threads end, as one does that has run out of
 * memory. They are those that have ports for RTP.
 */
const source = `
import { BroadcastChannel, isMainThread, workerData } from 'node:worker_threads';
if (isMainThread || workerData?.portRange) {
  const channel = new BroadcastChannel('end of the media threads');
  channel.unref();
  if (isMainThread) process.on('SIGUSR2', () => channel.postMessage('now'));
  else channel.onmessage = () => process.exit(1);
}`;

/** The environment of a server whose media threads can be ended. */
export const withDyingThreads = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` };

/** Ends the media threads of such a server. */
export function endMediaThreads({ program }: ServerChild): void {
  process.kill(program.pid, 'SIGUSR2');
}
