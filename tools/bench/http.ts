import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Load, sendLoad } from './http-load.ts';
import { alignedTable, limit, measured, median, type Row, verdict } from './report.ts';

type Side = 'bare' | 'ringflow';

interface Target {
  readonly url: string;
  readonly authorization: string;
  readonly child: ChildProcess;
}

/** One kind of request, as both sides get it. */
interface Kind {
  readonly name: string;
  readonly side: Side;
  /** The kind of the bare side that it is compared with, and how many times its CPU it may cost. */
  readonly beside?: { readonly name: string; readonly most: number };
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
}

interface Round {
  readonly cpuMicroseconds: number;
  readonly perSecond: number;
}

const REQUESTS = 20_000;
const WARM_UP = 10_000;
export const HTTP_CONNECTIONS = 32;
const ROUNDS = 5;

const number = '+18144043000';
const namespace = 'http://schemas.datacontract.org/2004/07/Voice.Api.Sessions';
const json = { 'content-type': 'application/json', accept: 'application/json' };
const xml = { 'content-type': 'application/xml', accept: 'application/xml' };
const acceptedJson = `{"flowId":"01a20a8a-a0cf-7157-bf77-a2a06c11e0dc","numberToDial":"${number}","callerId":"+18144043093"}`;
const refusedJson = '{"flowId":"01a20a8a-a0cf-7157-bf77-a2a06c11e0dc","callerId":"+18144043093"}';
const inXml = (members: string) => `<NewOutgoingSession xmlns="${namespace}">${members}</NewOutgoingSession>`;
const refusedMembers = '<CallerId>+18144043093</CallerId><FlowId>01a20a8a-a0cf-7157-bf77-a2a06c11e0dc</FlowId>';

const kinds: readonly Kind[] = [
  { name: 'bare fastify, accepted', side: 'bare', headers: json, body: acceptedJson, status: 204 },
  { name: 'bare fastify, refused', side: 'bare', headers: json, body: refusedJson, status: 400 },
  ...(['accepted', 'refused'] as const).flatMap((outcome): Kind[] => {
    const status = outcome === 'accepted' ? 204 : 400;
    const name = `bare fastify, ${outcome}`;
    const members = outcome === 'accepted' ? `${refusedMembers}<NumberToDial>${number}</NumberToDial>` : refusedMembers;
    return [
      {
        name: `${outcome} JSON`,
        side: 'ringflow',
        beside: { name, most: 2 },
        headers: json,
        body: outcome === 'accepted' ? acceptedJson : refusedJson,
        status,
      },
      { name: `${outcome} XML`, side: 'ringflow', beside: { name, most: 3 }, headers: xml, body: inXml(members), status },
    ];
  }),
];

/**
 * CPU and rate of `POST /sessions/outgoing` in the HTTP layer, beside a bare fastify route with the same body. The kinds take turns, so
 * that what else happens on the machine meets all of them.
 */
export async function measureHttp(say: (line: string) => void): Promise<HttpFigures[]> {
  const targets = { bare: await startTarget('bare'), ringflow: await startTarget('ringflow') };
  try {
    const rounds = new Map<string, Round[]>(kinds.map(({ name }) => [name, []]));
    for (const kind of kinds) await sendLoad(loadOf(kind, targets[kind.side]), WARM_UP, HTTP_CONNECTIONS);
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const kind of kinds) rounds.get(kind.name)?.push(await oneRound(kind, targets[kind.side]));
      say(
        `HTTP, round ${round} of ${ROUNDS}: ${kinds.map(({ name }) => `${name} ${Math.round(rounds.get(name)?.at(-1)?.cpuMicroseconds ?? 0)} µs`).join(', ')}`,
      );
    }
    return kinds.map((kind) => figuresOf(kind, rounds));
  } finally {
    await Promise.all(Object.values(targets).map(({ child }) => stop(child)));
  }
}

/** What was measured of one kind of request, one value per round. */
export interface HttpFigures {
  readonly kind: string;
  readonly cpuMicroseconds: readonly number[];
  readonly perSecond: readonly number[];
  /** How many times the CPU of the same request to a bare fastify route. */
  readonly beside?: Pick<Row, 'values' | 'unit' | 'target'>;
}

export function renderHttp(figures: readonly HttpFigures[]): string {
  const cells = figures.map(({ kind, cpuMicroseconds, perSecond, beside }) => [
    kind,
    measured({ values: cpuMicroseconds, unit: 'µs' }),
    measured({ values: perSecond, unit: '/s' }),
    ...(beside?.target ? [measured(beside), limit(beside.target, beside.unit), verdict(beside)] : ['', '', '']),
  ]);
  return alignedTable(['POST /sessions/outgoing', 'CPU per request', 'Rate', 'CPU beside bare fastify', 'Target', 'Verdict'], cells);
}

function figuresOf({ name, beside }: Kind, rounds: ReadonlyMap<string, readonly Round[]>): HttpFigures {
  const cpuOf = (kind: string) => (rounds.get(kind) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds);
  const figures = { kind: name, cpuMicroseconds: cpuOf(name), perSecond: (rounds.get(name) ?? []).map(({ perSecond }) => perSecond) };
  if (!beside) return figures;
  const bare = median(cpuOf(beside.name));
  const values = figures.cpuMicroseconds.map((cpu) => cpu / bare);
  return { ...figures, beside: { values, unit: 'x', target: { limit: beside.most, better: 'lower' } } };
}

function loadOf({ headers, body, status }: Kind, { url, authorization }: Target): Load {
  return { url, path: '/sessions/outgoing', headers: { ...headers, authorization }, body, status };
}

async function oneRound(kind: Kind, target: Target): Promise<Round> {
  const pid = target.child.pid ?? 0;
  const before = cpuMs(pid);
  const tookMs = await sendLoad(loadOf(kind, target), REQUESTS, HTTP_CONNECTIONS);
  return { cpuMicroseconds: ((cpuMs(pid) - before) * 1000) / REQUESTS, perSecond: (REQUESTS * 1000) / tookMs };
}

async function startTarget(side: Side): Promise<Target> {
  const script = fileURLToPath(new URL('http-target.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, side], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    const { url, authorization }: { url: string; authorization: string } = JSON.parse(line);
    return { url, authorization, child };
  }
  throw new Error(`The ${side} side of the HTTP bench did not start`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** User and system time of a process, in steps of 10 ms. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}
