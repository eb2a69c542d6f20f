import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testPort } from './test-port.ts';
import { isUdpBound } from './udp-ports.ts';

/** A kamailio process on an address of this machine, over UDP and TCP, with a configuration of test/interop/kamailio. */
export interface Kamailio {
  readonly port: number;
  /** Ends all its processes and removes its files. Idempotent. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 5_000;

/** Starts it with this configuration, in which names stand for ports, on 127.0.0.1 unless another `address` is given, and waits until it listens. @throws when it does not within 10 s */
export async function startKamailio(
  configuration: 'front.cfg' | 'proxy.cfg' | 'relay.cfg',
  ports: Readonly<Record<string, number>>,
  address = '127.0.0.1',
): Promise<Kamailio> {
  const directory = await mkdtemp(join(tmpdir(), 'ringflow-kamailio-'));
  const port = await testPort(address);
  let text = await readFile(new URL(`../interop/kamailio/${configuration}`, import.meta.url), 'utf8');
  for (const [name, number] of Object.entries(ports)) text = text.replaceAll(name, String(number));
  const file = join(directory, configuration);
  await writeFile(file, text);
  const listen = ['-l', `udp:${address}:${port}`, '-l', `tcp:${address}:${port}`];
  // In a process group of its own: killing the first process alone would leave the others behind.
  const child = spawn('kamailio', ['-f', file, '-DD', '-E', '-m', '16', '-M', '4', '-Y', directory, ...listen], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let complaints = '';
  child.stderr.on('data', (part: Buffer) => {
    complaints = (complaints + part.toString()).slice(-4000);
  });
  const closed = once(child, 'close');
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    const { pid } = child;
    // Asked to end, it ends its other processes itself.
    if (child.exitCode === null && child.signalCode === null && pid !== undefined) {
      child.kill('SIGTERM');
      const kill = setTimeout(() => process.kill(-pid, 'SIGKILL'), STOP_WITHIN_MS);
      await closed;
      clearTimeout(kill);
    }
    await rm(directory, { recursive: true, force: true });
  };
  for (let waited = 0; waited < READY_WITHIN_MS && child.exitCode === null; waited += 50) {
    if (await isUdpBound(address, port)) {
      // The workers read the socket a moment after it was bound.
      await delay(100);
      return { port, stop };
    }
    await delay(50);
  }
  await stop();
  throw new Error(`kamailio does not listen: ${complaints}`);
}
