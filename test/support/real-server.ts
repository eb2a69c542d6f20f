import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiClient } from '../../src/cli/api-client.ts';
import { createAccount, type NewAccountOptions, type ReadyAccount } from '../../src/cli/new-account.ts';
import type { TimedPhoneEvent } from '../../src/cli/phone/phone-event.ts';
import { type PhoneBehaviour, TestPhone } from '../../src/cli/phone/test-phone.ts';
import { type ServerChild, startServerChild } from '../../src/cli/server-child.ts';
import { ListEndpoints, PatchEndpoint } from '../../src/contracts/endpoints.ts';
import { type FlowInfo, NewFlow } from '../../src/contracts/flows.ts';
import { ListSessions, type SessionInfo } from '../../src/contracts/sessions.ts';
import type { Struct } from '../../src/contracts/values.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import { openDgramSocket } from '../../src/telephony/rtp/dgram-socket.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { testPort } from './test-port.ts';

/** The program as `npm run build` made it, in a folder of its own. */
const script = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const numberToDial = '+18144043000';

export interface RealServer {
  readonly directory: string;
  readonly child: ServerChild;
  /** Where it takes calls, over UDP and TCP. */
  readonly sip: Endpoint;
  /** Starts another process on the same data folder. */
  again(): Promise<ServerChild>;
  remove(): Promise<void>;
}

/** @param environment settings besides those that every test server has. */
export async function realServer(environment: Readonly<Record<string, string>> = {}): Promise<RealServer> {
  const directory = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
  const children: ServerChild[] = [];
  const ports = { sipPort: await testPort(), rtpPorts: '40000-40999' };
  const start = async (): Promise<ServerChild> => {
    const child = await startServerChild({ script, directory, ...ports, adminPassword: 'a good password', environment });
    children.push(child);
    return child;
  };
  return {
    directory,
    child: await start(),
    sip: { address: '127.0.0.1', port: ports.sipPort },
    again: start,
    remove: async () => {
      for (const child of children) await child.program.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export interface RealPhone {
  readonly port: number;
  readonly events: TimedPhoneEvent[];
  /** Resolves with the first event of this kind, also one that was there before. */
  seen(event: TimedPhoneEvent['event']): Promise<TimedPhoneEvent>;
  close(): Promise<void>;
}

export async function realPhone(behaviour: Partial<PhoneBehaviour> = {}, host = '127.0.0.1'): Promise<RealPhone> {
  const clock = systemClock;
  const log = silentLogger;
  const udp = await openUdp({ local: { address: host, port: await testPort() }, log });
  const tcp = await openTcp({ local: udp.local, clock, log });
  const portRange = { first: 41_000, last: 41_999 };
  const media = new LocalMedia({ clock, random: systemRandom, host, portRange, openSocket: openDgramSocket, maxStreams: 50 });
  const events: TimedPhoneEvent[] = [];
  let waiting: (() => void)[] = [];
  const phone = new TestPhone({
    wires: [udp, tcp],
    media,
    clock,
    random: systemRandom,
    behaviour: { answerAfterMs: 100, ring: true, digitsAfterMs: 0, ...behaviour },
    onEvent: (event) => {
      events.push(event);
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  });
  return {
    port: udp.local.port,
    events,
    seen: async (wanted) => {
      for (;;) {
        const found = events.find(({ event }) => event === wanted);
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    close: () => phone.close(),
  };
}

let accounts = 0;

/** An account with a number and a trunk to `phonePort`, made through the API. */
export function newAccount(child: ServerChild, phonePort: number, more: Partial<NewAccountOptions['trunk']> = {}): Promise<ReadyAccount> {
  accounts += 1;
  return createAccount(
    { url: child.url, ...child.login },
    {
      name: `Account ${accounts}`,
      email: `manager${accounts}@example.com`,
      numbers: [`+1814404${String(1000 + accounts)}`],
      trunk: { name: 'Phone', host: '127.0.0.1', port: phonePort, transport: 'Udp', callsPerSecond: 1000, ...more },
    },
  );
}

export async function saveFlow({ accountId, api }: ReadyAccount, flow: FlowInfo): Promise<string> {
  const { name = 'Flow', nodes = [] } = flow;
  return (await api.call(NewFlow, { accountId, name, nodes })).id ?? '';
}

/** Has the flow run when somebody calls the number of the account, and answers the number. */
export async function takeCalls({ api }: ReadyAccount, flow: { flowId: string; flowParams?: Struct }): Promise<string> {
  const page = await api.call(ListEndpoints, { type: 'PhoneNumber' });
  const { id = '', phoneNumber = '' } = page.items[0] ?? {};
  await api.call(PatchEndpoint, { endpointId: id, ...flow });
  return phoneNumber;
}

/** The session of the latest call of an account, once there is one for which `done` holds. */
export async function latestSession({ api }: ReadyAccount, done: (session: SessionInfo) => boolean): Promise<SessionInfo> {
  for (;;) {
    const { items } = await api.call(ListSessions, {});
    const [session] = items;
    if (session && done(session)) return session;
    await new Promise<void>((resolve) => systemClock.after(25, resolve));
  }
}

/** Reads a session again and again until `done` holds for it. */
export async function sessionWhen(api: ApiClient, id: string, done: (session: SessionInfo) => boolean): Promise<SessionInfo> {
  for (;;) {
    const page = await api.call(ListSessions, { specificIds: [id] });
    const session = page.items[0];
    if (session && done(session)) return session;
    await new Promise<void>((resolve) => systemClock.after(25, resolve));
  }
}
