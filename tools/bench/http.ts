import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Load, sendLoad } from './http-load.ts';
import { median, type Row } from './report.ts';

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
const CONNECTIONS = 32;
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
export async function measureHttp(say: (line: string) => void): Promise<Row[]> {
  const targets = { bare: await startTarget('bare'), ringflow: await startTarget('ringflow') };
  try {
    const rounds = new Map<string, Round[]>(kinds.map(({ name }) => [name, []]));
    for (const kind of kinds) await sendLoad(loadOf(kind, targets[kind.side]), WARM_UP, CONNECTIONS);
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const kind of kinds) rounds.get(kind.name)?.push(await oneRound(kind, targets[kind.side]));
      say(
        `HTTP, round ${round} of ${ROUNDS}: ${kinds.map(({ name }) => `${name} ${Math.round(rounds.get(name)?.at(-1)?.cpuMicroseconds ?? 0)} µs`).join(', ')}`,
      );
    }
    return kinds.flatMap((kind) => rowsOf(kind, rounds));
  } finally {
    await Promise.all(Object.values(targets).map(({ child }) => stop(child)));
  }
}

function rowsOf({ name, beside }: Kind, rounds: ReadonlyMap<string, readonly Round[]>): Row[] {
  const own = rounds.get(name) ?? [];
  const what = `POST /sessions/outgoing, ${name}`;
  const rows: Row[] = [
    { what: `${what}: CPU`, unit: 'µs', values: own.map(({ cpuMicroseconds }) => cpuMicroseconds), asterisk: '' },
    { what: `${what}: rate`, unit: 'requests/s', values: own.map(({ perSecond }) => perSecond), asterisk: '' },
  ];
  if (!beside) return rows;
  const bare = median((rounds.get(beside.name) ?? []).map(({ cpuMicroseconds }) => cpuMicroseconds));
  const values = own.map(({ cpuMicroseconds }) => cpuMicroseconds / bare);
  return [
    ...rows,
    { what: `${what}: CPU beside bare fastify`, unit: 'x', values, target: { limit: beside.most, better: 'lower' }, asterisk: '' },
  ];
}

function loadOf({ headers, body, status }: Kind, { url, authorization }: Target): Load {
  return { url, path: '/sessions/outgoing', headers: { ...headers, authorization }, body, status };
}

async function oneRound(kind: Kind, target: Target): Promise<Round> {
  const pid = target.child.pid ?? 0;
  const before = cpuMs(pid);
  const tookMs = await sendLoad(loadOf(kind, target), REQUESTS, CONNECTIONS);
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
