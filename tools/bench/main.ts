/**
 * `npm run bench`: starts Ringflow with an empty data folder, has the kit in bench/kit place calls through its API and judge
 * them, and prints the figures beside their targets and those of Asterisk. Takes some 15 minutes, with --quick 3.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { freePort } from '../../src/cli/free-port.ts';
import { createAccount, newPassword } from '../../src/cli/new-account.ts';
import { type ServerChild, startServerChild } from '../../src/cli/server-child.ts';
import { CONCURRENT_CALLS, type Measured, otherLoad, rowsOf } from './figures.ts';
import { type BenchFlows, createFlows } from './flows.ts';
import { HTTP_CONNECTIONS, type HttpFigures, measureHttp, renderHttp } from './http.ts';
import { buildCallee, type DriverResult, runCalls, type SearchResult, search, type Target } from './kit.ts';
import { measureParts } from './parts.ts';
import { databaseRoots, memoryMiB } from './process-tree.ts';
import { renderTable } from './report.ts';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Beside the ports of the callee (20000 to 39998). */
const RTP_PORTS = '10000-19999';
const CALLER_ID = '+18144043093';
const REPEATS = 3;
/** Until the engine has compiled what calls need. */
const WARM_UP_CALLS = 3000;
/** Other load above this makes latencies worthless, as bench/kit/README.md says. */
const QUIET_CORES = 0.3;

const options: { quick?: boolean; write?: boolean } = new Command('bench')
  .description('Measures Ringflow with the kit in bench/kit.')
  .option('--quick', 'leave out the two searches for capacity')
  .option('--write', 'write docs/benchmarks.md')
  .parse()
  .opts();

const directory = mkdtempSync(join(tmpdir(), 'ringflow-bench-'));
const adminPassword = newPassword();
const sipPort = await freePort();
const start = (): Promise<ServerChild> =>
  startServerChild({ script: fromRoot('dist/cli/main.js'), directory, sipPort, rtpPorts: RTP_PORTS, adminPassword });

let server: ServerChild | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void (server?.program.stop() ?? Promise.resolve()).finally(() => process.exit(130)));
}
try {
  buildCallee();
  server = await start();
  say(`Ringflow is ready at ${server.url} after ${Math.round(server.readyAfterMs)} ms (empty data folder)`);
  const measured = await measure(server);
  await server.program.stop();
  const startMs: number[] = [];
  for (let round = 0; round < REPEATS; round += 1) {
    server = await start();
    startMs.push(server.readyAfterMs);
    await server.program.stop();
  }
  report({ ...measured, startMs, parts: await measureParts(REPEATS) }, await measureHttp(say));
} finally {
  await server?.program.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function measure({ url, login, program }: ServerChild): Promise<Omit<Measured, 'startMs' | 'parts'>> {
  const calleeSipPort = await freePort();
  const account = await createAccount(
    { url, ...login },
    {
      name: 'Bench',
      numbers: [CALLER_ID],
      trunk: { name: 'Callee', host: '127.0.0.1', port: calleeSipPort, transport: 'Udp', maxChannels: 5000, callsPerSecond: 1000 },
    },
  );
  const flows: BenchFlows = await createFlows(account);
  const pids = [program.pid, ...databaseRoots(join(directory, 'data'), program.pid)];
  const target = (flowId: string): Target => ({
    url,
    authorization: `Basic ${Buffer.from(`${account.login.user}:${account.login.password}`).toString('base64')}`,
    flowId,
    callerId: CALLER_ID,
    calleeSipPort,
    pids,
  });

  await pause(5000);
  const idleMiB = memoryMiB(pids);
  say(`idle: ${idleMiB.toFixed(1)} MiB`);

  const oneShort = (label: string, calls: number, perSecond: number): Promise<DriverResult> =>
    runCalls(target(flows.short), { label, calls, perSecond, leastPackets: 45, endedBy: 'caller' });
  const cold = told(await oneShort('short 50/s, cold', 400, 50));
  told(await oneShort('warming up, 100/s', WARM_UP_CALLS, 100));
  const short: DriverResult[] = [];
  for (let round = 1; round <= REPEATS; round += 1) {
    short.push(told(await oneShort(`short 50/s, ${round}`, 400, 50)));
  }
  const hangup: DriverResult[] = [];
  for (let round = 1; round <= REPEATS; round += 1) {
    const label = `hangup 50/s, ${round}`;
    hangup.push(told(await runCalls(target(flows.hangup), { label, calls: 400, perSecond: 50, leastPackets: 0, endedBy: 'caller' })));
  }
  const ivr = told(
    await runCalls(target(flows.ivr), {
      label: 'ivr 25/s',
      calls: 200,
      perSecond: 25,
      leastPackets: 95,
      endedBy: 'caller',
      callee: '--dtmf 5 --dtmf-at 1500',
    }),
  );

  const beforeMiB = memoryMiB(pids);
  const holdMs = 14_000;
  let mostMiB = beforeMiB;
  const sampling = setInterval(() => {
    mostMiB = Math.max(mostMiB, memoryMiB(pids));
  }, 1000);
  const concurrent: DriverResult[] = [];
  for (let round = 1; round <= REPEATS; round += 1) {
    const run = await runCalls(target(flows.long), {
      label: `${CONCURRENT_CALLS} concurrent, ${round}`,
      calls: CONCURRENT_CALLS,
      perSecond: 25,
      leastPackets: Math.floor((holdMs / 20) * 0.9),
      endedBy: 'callee',
      callee: `--hold ${holdMs}`,
      drainSeconds: 30,
    });
    concurrent.push(told(run));
  }
  clearInterval(sampling);
  const perCallMiB = (mostMiB - beforeMiB) / CONCURRENT_CALLS;

  let rate: SearchResult | undefined;
  let concurrency: SearchResult | undefined;
  if (!options.quick) {
    const rateOptions = ['--start', '50', '--max', '800', '--secs', '5', '--steps', '2'];
    rate = await search(target(flows.short), 'rate', rateOptions, ['--min-rtp', '45', '--ender', 'caller'], 15 * 60_000);
    const concurrencyOptions = ['--start', '100', '--max', '1600', '--plateau', '8', '--ramp', '100', '--steps', '2'];
    concurrency = await search(target(flows.long), 'conc', concurrencyOptions, ['--ender', 'callee'], 15 * 60_000);
  }
  return { cold, short, hangup, ivr, concurrent, rate, concurrency, idleMiB, perCallMiB };
}

/** Tells how a run went, and hands it on. */
function told(result: DriverResult): DriverResult {
  const { label, ok, n, ms, rtp, sut, machine, why, first_error: error } = result;
  say(
    `${label}: ${ok}/${n} correct, ${sut.cpu_ms_per_call} ms CPU per call, INVITE p50/p99 ${ms.sent_to_invite.p50}/${ms.sent_to_invite.p99} ms, ` +
      `first RTP ${ms.answer_to_rtp.p50}/${ms.answer_to_rtp.p99} ms, lost or late ${rtp.bad_pct} %, other load ${machine.others_cores} cores`,
  );
  if (ok < n) say(`  wrong: ${JSON.stringify(why)}${error ? `, first refusal: ${error}` : ''}`);
  return result;
}

function report(measured: Measured, http: readonly HttpFigures[]): void {
  const rows = rowsOf(measured);
  const text = renderTable(rows);
  const httpText = renderHttp(http);
  process.stdout.write(`${text}\n\n${httpText}\n`);
  const others = otherLoad(measured);
  if (others > QUIET_CORES)
    say(`Something else used up to ${others} cores during a run: latencies and losses are the machine's as much as Ringflow's.`);
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, ${process.platform}`;
  const results = fromRoot('bench/results');
  mkdirSync(results, { recursive: true });
  writeFileSync(
    join(results, 'latest.json'),
    `${JSON.stringify({ when: new Date().toISOString(), machine, rows, http, ...measured }, null, 1)}\n`,
  );
  say('All results: bench/results/latest.json');
  if (options.write) {
    writeFileSync(fromRoot('docs/benchmarks.md'), page({ text, httpText, machine, others }));
    say('Wrote docs/benchmarks.md');
  }
}

function page({ text, httpText, machine, others }: { text: string; httpText: string; machine: string; others: number }): string {
  return `# Benchmarks

Made by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}, ${machine}. Other load on the machine: at most ${others} cores.

${text}

- Median [least .. most] of the repeats, after ${WARM_UP_CALLS} calls to warm up. The first 400 calls of a new process cost more, while its
  code is being compiled: they have a row of their own. CPU is user and system time of the whole process tree, database included.
- The rows from the messages parsed to the codecs measure one part each, in a process of its own after a round to warm up: no server and no database.
  What SRTP and recordings add is the difference of turns with and without them.
- The callee and the driver are in \`bench/kit\` and run on the same machine; \`bench/kit/README.md\` says what each figure means.
- Asterisk 22 was measured with the same tools on another day (\`bench/kit/peer-figures.md\`); it kept no record of a call.
- More than 500 calls at once are refused with 503 on two cores: one media thread carries 500 streams. That bounds both capacity figures.
- A warm process has grown already (its heap keeps room for what calls need), so the memory per call is what 100 calls add to that.

## The HTTP layer alone

\`POST /sessions/outgoing\` over ${HTTP_CONNECTIONS} connections that stay open, beside a fastify route of its own process that validates the same JSON body
against a schema and answers 204 or 400. Ringflow checks the login (HTTP Basic) and the role, and accepts without placing a call; no
limit of requests. CPU is that of the Node process; the kinds take turns.

${httpText}
`;
}
