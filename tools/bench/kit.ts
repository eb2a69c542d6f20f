import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const kit = fileURLToPath(new URL('../../bench/kit/', import.meta.url));

interface Distribution {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What of the driver's result we use; bench/kit/README.md says what it means. */
export interface DriverResult {
  readonly label: string;
  readonly n: number;
  readonly ok: number;
  readonly success: number;
  readonly why: Readonly<Record<string, number>>;
  readonly first_error?: string;
  readonly peak_up: number;
  readonly ms: { readonly sent_to_invite: Distribution; readonly answer_to_rtp: Distribution };
  readonly rtp: { readonly bad_pct: number | null };
  readonly sut: { readonly cpu_ms_per_call: number; readonly plateau: { readonly cpu_ms_per_call_s: number } | null };
  readonly machine: { readonly others_cores: number };
}

export interface SearchResult {
  readonly max_pass: number;
  readonly first_fail: number | null;
  readonly best: DriverResult | null;
}

/** What a run calls: the same for each. */
export interface Target {
  readonly url: string;
  readonly authorization: string;
  readonly flowId: string;
  readonly callerId: string;
  readonly calleeSipPort: number;
  readonly pids: readonly number[];
}

/** Compiles the callee. @throws Error when there is no compiler */
export function buildCallee(): void {
  const { status, stderr, error } = spawnSync('gcc', ['-O2', '-o', 'callee', 'callee.c'], { cwd: join(kit, 'callee'), encoding: 'utf8' });
  if (status !== 0) throw new Error(`The callee needs gcc (Debian: apt-get install gcc libc6-dev). ${error?.message ?? stderr}`);
}

export interface RunOptions {
  readonly label: string;
  readonly calls: number;
  readonly perSecond: number;
  /** RTP packets that a good call brings at least. */
  readonly leastPackets: number;
  readonly endedBy: 'caller' | 'callee';
  readonly callee?: string;
  readonly drainSeconds?: number;
}

/** Places calls at a steady rate and judges them. @throws Error when the driver fails or takes too long */
export async function runCalls(target: Target, run: RunOptions): Promise<DriverResult> {
  const drain = run.drainSeconds ?? 20;
  const limitMs = (run.calls / run.perSecond + drain + 60) * 1000;
  const numbers = [
    '--n',
    run.calls,
    '--rate',
    run.perSecond,
    '--label',
    run.label,
    '--min-rtp',
    run.leastPackets,
    '--drain',
    drain,
    '--quiet',
    '0.4:20',
  ];
  const output = await script(
    'driver/driver.mjs',
    [...numbers, '--ender', run.endedBy, ...common(target, run.callee ?? '')].map(String),
    limitMs,
  );
  const result: DriverResult = JSON.parse(output);
  return result;
}

/** Searches for the highest rate or the most concurrent calls that still pass. @throws Error when the search fails or takes too long */
export async function search(
  target: Target,
  kind: 'rate' | 'conc',
  options: readonly string[],
  run: readonly string[],
  limitMs: number,
): Promise<SearchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'ringflow-search-'));
  const out = join(directory, 'result.json');
  try {
    await script('driver/search.mjs', [kind, ...options, '--out', out, '--', ...run, ...common(target, '')], limitMs);
    const result: SearchResult = JSON.parse(readFileSync(out, 'utf8'));
    return result;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function common(target: Target, callee: string): string[] {
  return [
    ['--http', `POST ${target.url}/sessions/outgoing`],
    ['--header', `Authorization: ${target.authorization}`],
    ['--body', JSON.stringify({ flowId: target.flowId, numberToDial: '+{num}', callerId: target.callerId })],
    ['--num-prefix', '1814'],
    ['--callee', `--sip-port ${target.calleeSipPort} ${callee}`.trim()],
    ['--sut-pid', target.pids.join(',')],
  ].flat();
}

/** Process groups of scripts that run now: a driver and its callee. */
const groups = new Set<number>();
process.once('exit', () => groups.forEach(killGroup));

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Runs a script of the kit and answers what it printed; its progress goes to our standard error. */
function script(path: string, parameters: readonly string[], limitMs: number): Promise<string> {
  const child = spawn(process.execPath, [join(kit, path), ...parameters], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const leader = child.pid;
  if (leader !== undefined) groups.add(leader);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      if (leader !== undefined) killGroup(leader);
      reject(new Error(`${path} took longer than ${Math.round(limitMs / 1000)} s.`));
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      if (leader !== undefined) groups.delete(leader);
      if (code === 0) resolve(output);
      else reject(new Error(`${path} ended with ${code ?? signal}.`));
    });
  });
}
