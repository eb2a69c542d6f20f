import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Endpoint, WireKind } from '../../src/wire/wire.ts';
import { testPort } from './test-port.ts';

/** The name of a file in test/interop/sipp, or what would stand in it. */
export type Scenario = string | { readonly xml: string };

const LOOPBACK = '127.0.0.1';

/** A sipp process that plays one call of a scenario. */
export interface Sipp {
  readonly local: Endpoint;
  /** Resolves with what went wrong, '' when the peer kept to the scenario. */
  readonly done: Promise<string>;
  /** Ends the process when it still runs. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts sipp as the callee of one call, and waits until it listens. With `seesRepetitions` the scenario gets every message over
 * UDP; otherwise sipp absorbs messages that it has seen before by itself. @throws when it does not start within 5 s.
 */
export async function sippCallee(
  scenario: Scenario,
  transport: WireKind,
  seesRepetitions = false,
  more: readonly string[] = [],
): Promise<Sipp> {
  const port = await testPort();
  const sipp = await start(scenario, transport, { address: LOOPBACK, port }, [...(seesRepetitions ? ['-nr'] : []), ...more]);
  await listening(transport, port, sipp);
  return sipp;
}

/** Starts sipp as a caller that places one call to `to`, and there to `service`. */
export async function sippCaller(
  scenario: Scenario,
  transport: WireKind,
  to: Endpoint,
  service = 'test',
  more: readonly string[] = [],
): Promise<Sipp> {
  const address = to.address.includes(':') ? '::1' : LOOPBACK;
  const local = { address, port: await testPort(address) };
  return start(scenario, transport, local, [`${bracketed(to.address)}:${to.port}`, '-s', service, ...more]);
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

async function start(scenario: Scenario, transport: WireKind, local: Endpoint, more: readonly string[]): Promise<Sipp> {
  const { address, port } = local;
  const file = await fileOf(scenario, port);
  const options = ['-sf', file, '-i', bracketed(address), '-p', String(port), '-t', transport === 'udp' ? 'u1' : 't1', '-m', '1'];
  const limits = ['-nostdin', '-recv_timeout', '15000', '-timeout', '30', '-timeout_error'];
  const child = spawn('sipp', [...options, ...limits, ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TERM: 'dumb' },
  });
  let complaints = '';
  child.stderr.on('data', (part: Buffer) => {
    complaints += part.toString();
  });
  const done = outcome(child, () => complaints).finally(() => (typeof scenario === 'string' ? undefined : rm(file, { force: true })));
  return { local, done, stop: () => stop(child) };
}

async function fileOf(scenario: Scenario, port: number): Promise<string> {
  if (typeof scenario === 'string') return fileURLToPath(new URL(`../interop/sipp/${scenario}.xml`, import.meta.url));
  const file = join(tmpdir(), `ringflow-sipp-${process.pid}-${port}.xml`);
  await writeFile(file, scenario.xml);
  return file;
}

async function outcome(child: ChildProcess, complaints: () => string): Promise<string> {
  const [code, signal] = await once(child, 'close');
  return code === 0 ? '' : `sipp ended with ${code ?? signal}: ${complaints()}`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

/** Looks the port up among those that the system knows to be bound, because a probe would be taken for a call. */
async function listening(transport: WireKind, port: number, sipp: Sipp): Promise<void> {
  let ended: string | undefined;
  void sipp.done.then((result) => {
    ended = result;
  });
  const bound = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  for (let waited = 0; waited < 5_000; waited += 20) {
    if ((await readFile(`/proc/net/${transport}`, 'utf8')).includes(bound)) return;
    if (ended !== undefined) throw new Error(`sipp did not start: ${ended}`);
    await delay(20);
  }
  await sipp.stop();
  throw new Error('sipp does not listen');
}
