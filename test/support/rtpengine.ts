import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { testPort, testPortRange } from './test-port.ts';
import { isUdpBound } from './udp-ports.ts';

/** An rtpengine process on 127.0.0.1, without its kernel module. */
export interface RtpEngine {
  /** Of its control protocol (ng), over UDP. */
  readonly port: number;
  /** The first and the last port that it has for audio. */
  readonly mediaPorts: readonly [first: number, last: number];
  /** Ends it. Idempotent. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 3_000;

/** Starts it and waits until it listens. @throws when it does not within 10 s */
export async function startRtpEngine(): Promise<RtpEngine> {
  const port = await testPort();
  // What the package sets by itself is the same for all of them.
  const own = ['--config-file=none', `--listen-cli=127.0.0.1:${await testPort()}`];
  const mediaPorts = testPortRange(50_000, 4_000);
  const child = spawn(
    'rtpengine',
    [
      '--table=-1',
      '--foreground',
      '--log-stderr',
      '--interface=127.0.0.1',
      `--listen-ng=127.0.0.1:${port}`,
      '--num-threads=2',
      `--port-min=${mediaPorts[0]}`,
      `--port-max=${mediaPorts[1]}`,
      ...own,
    ],
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
    if (await isUdpBound('127.0.0.1', port)) return { port, mediaPorts, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`rtpengine does not listen: ${complaints}`);
}
