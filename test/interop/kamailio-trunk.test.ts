import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { NewSipTrunk } from '../../src/contracts/endpoints.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import { type Kamailio, startKamailio } from '../support/kamailio.ts';
import { newAccount, type RealServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip } from '../support/registered-phones.ts';

// Calls of the whole server over a trunk that is Kamailio: it asks for a password, fails over, and redirects.

const MOST_MS = 60_000;
const ASKED = '+18144049100';
const MOVED = '+4930111222';
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;

let server: RealServer;
const closing = serverOfFile((started) => {
  server = started;
});

/** A gateway that refuses every call with 503, and counts them. */
async function refusingGateway() {
  const udp = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
  let calls = 0;
  const agent = new UserAgent({
    wires: [udp],
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    product: 'gateway',
    onInvite: (invite) => {
      calls += 1;
      invite.reject(503);
    },
  });
  return { port: udp.local.port, calls: () => calls, close: () => agent.close() };
}

let gateway: Awaited<ReturnType<typeof refusingGateway>>;
beforeAll(async () => {
  gateway = await refusingGateway();
});
afterAll(() => gateway.close());

/** Kamailio, whose first gateway refuses calls and whose second is a phone that takes those for this number. */
async function carrier(number: string): Promise<{ proxy: Kamailio; callee: Baresip }> {
  const callee = await startBaresip({ user: number, toneHz: 440 });
  closing.push(callee.close);
  const proxy = await startKamailio('proxy.cfg', { FIRST_PORT: gateway.port, SECOND_PORT: callee.port });
  closing.push(proxy.stop);
  return { proxy, callee };
}

let users = 0;

type Targets = NonNullable<Parameters<typeof newAccount>[2]>['targets'];

/** Calls the number over a trunk with these targets; its flow dials a user, whose phone and the callee have to hear each other. */
async function talked(number: string, targets: Targets, callee: Baresip): Promise<SessionInfo> {
  const account = await newAccount(server.child, 5060);
  const trunk = { name: 'Carrier', prefixes: [number.slice(0, 3)], userName: 'user', password: 'secret', ...(targets && { targets }) };
  await account.api.call(NewSipTrunk, { accountId: account.accountId, ...trunk });
  users += 1;
  const user = await newPhoneUser(account, `desk${users}`);
  const phone = await registeredBaresip(user, server.sip.port, { toneHz: 1000 });
  closing.push(phone.close);
  const flowId = await saveFlow(
    account,
    flowOf({ dial: ['DialNode', { User: user.id, Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Talked' }] }),
  );
  const { id = '' } = await account.api.call(PlaceCall, { flowId, numberToDial: number });
  await phone.seen('CALL_ESTABLISHED');
  await Promise.all([hearing(1000, callee), hearing(440, phone)]);
  await phone.command('hangup');
  const session = await sessionWhen(account.api, id, ended);
  expect(session).toMatchObject({ outcome: 'Talked', toAddress: number, mediaReport: { audioReceived: true } });
  return session;
}

const at = (port: number, priority = 0) => ({ host: '127.0.0.1', port, transport: 'Udp' as const, priority });
const logOf = ({ log = [] }: SessionInfo): readonly string[] => log.map(({ message = '' }) => message);

describe('a call that leaves through Kamailio', () => {
  it(
    'gives the password that it asks for, and reaches its second gateway when the first says 503: each side hears the other',
    async () => {
      const { proxy, callee } = await carrier(ASKED);
      const before = gateway.calls();
      const session = await talked(ASKED, [at(proxy.port)], callee);
      expect(gateway.calls()).toBe(before + 1);
      const log = await callee.log();
      expect(log).toMatch(/^INVITE [\s\S]*?^Proxy-Authorization: Digest .*realm="ringflow.test"/m);
      expect(log).toMatch(new RegExp(`^BYE [\\s\\S]*?^Via: SIP/2.0/UDP 127.0.0.1:${proxy.port}`, 'm'));
      expect(logOf(session).filter((line) => line.includes('trying'))).toEqual([]);
    },
    MOST_MS,
  );

  it(
    'goes there when nothing answers at the first target of the trunk: each side hears the other',
    async () => {
      const { proxy, callee } = await carrier(ASKED);
      const dead = await refusingGateway();
      await dead.close();
      const session = await talked(ASKED, [at(dead.port), at(proxy.port, 1)], callee);
      expect(logOf(session)).toContainEqual(expect.stringContaining(`trying 127.0.0.1:${proxy.port}`));
    },
    MOST_MS,
  );

  it(
    'goes to the other target of the trunk when it says 302: each side hears the other, and the BYE goes past it',
    async () => {
      const { proxy, callee } = await carrier(MOVED);
      const session = await talked(MOVED, [at(proxy.port), at(callee.port, 1)], callee);
      expect(logOf(session).filter((line) => line.includes('trying'))).toEqual([]);
      const log = await callee.log();
      expect(log).toMatch(/^INVITE /m);
      expect(log).not.toContain('Record-Route');
    },
    MOST_MS,
  );
});
