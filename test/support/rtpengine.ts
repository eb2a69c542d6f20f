import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { testPort } from './test-port.ts';
import { isUdpBound } from './udp-ports.ts';

/** An rtpengine process on 127.0.0.1, without its kernel module. */
export interface RtpEngine {
  /** Of its control protocol (ng), over UDP. */
  readonly port: number;
  /** Ends it. Idempotent. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 3_000;

/** Starts it and waits until it listens. @throws when it does not within 10 s */
export async function startRtpEngine(): Promise<RtpEngine> {
  const port = await testPort();
  const ports = ['--port-min=45000', '--port-max=45499'];
  const child = spawn(
    'rtpengine',
    ['--table=-1', '--foreground', '--log-stderr', '--interface=127.0.0.1', `--listen-ng=127.0.0.1:${port}`, '--num-threads=2', ...ports],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaints = '';
  child.stderr.on('data', (part: Buffer) => {
    complaints = (complaints + part.toString()).slice(-4000);
  });
  const closed = once(child, 'close');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await closed;
    clearTimeout(kill);
  };
  for (let waited = 0; waited < READY_WITHIN_MS && child.exitCode === null; waited += 50) {
    if (await isUdpBound('127.0.0.1', port)) return { port, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`rtpengine does not listen: ${complaints}`);
}
