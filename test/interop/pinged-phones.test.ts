import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { openTelephony } from '../../src/telephony/open-telephony.ts';
import { digestSecrets } from '../../src/telephony/sip/digest.ts';
import { dnsTable } from '../support/dns-table.ts';
import { registeredBaresip, registeredLinphone } from '../support/registered-phones.ts';
import { REALM, sipUserTable } from '../support/sip-user-table.ts';

const ada = { id: 'id of ada', user: 'ada', password: 'secret' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server on real sockets, whose time a test makes pass: the phones do not notice, but they are pinged. */
async function server() {
  const clock = new VirtualClock();
  const users = sipUserTable(clock, [ada.user]);
  const secrets = digestSecrets(ada.user, REALM, ada.password);
  const { telephony, sip } = await openTelephony({
    sip: { addresses: ['127.0.0.1'], port: 0 },
    tls: { port: 0, requireClientCertificate: false, certificate: undefined, key: undefined, ca: undefined },
    publicAddresses: [],
    rtpPorts: { first: 45_100, last: 45_199 },
    mediaThreads: 1,
    dns: dnsTable({}),
    product: 'test',
    users: { ...users, find: async () => ({ userId: ada.id, accountId: 'account', secrets }) },
    limits: { perSecond: 0, knownPerSecond: 0 },
    isKnownSource: () => false,
    digest: { realm: REALM, algorithms: ['MD5'] },
    refusals: { count: () => {}, forget: () => {} },
    onIncoming: (call) => call.reject(480),
    clock,
    random: seededRandom(4),
    log: silentLogger,
  });
  closing.push(async () => {
    const closed = telephony.close();
    await clock.advance(5000);
    await closed;
  });
  /** Lets pings go out, and their answers come in. */
  const pinged = async (): Promise<void> => {
    for (let ping = 0; ping < 3; ping++) {
      await clock.advance(120_000);
      await delay(300);
      await clock.advance(10_000);
      await delay(100);
    }
  };
  const ring = async (): Promise<void> => {
    const slot = await telephony.reserve();
    const bindings = await users.bindings(ada.id);
    const events = { sent() {}, ringing() {}, stateChanged() {} };
    const request = { legId: 'leg', to: ada.user, from: 'bob', bindings, ringTimeoutMs: 20_000 };
    await new Promise<void>((resolve, reject) => {
      slot.ring(request, {
        ...events,
        answered: (call) => {
          resolve();
          void call.hangup();
        },
        ended: (end) => reject(new Error(JSON.stringify(end))),
      });
    });
  };
  const bound = async () => (await users.bindings(ada.id)).map(({ source }) => source);
  return { port: sip[0]?.port ?? 0, pinged, ring, bound };
}

describe('a phone that has registered over TCP', () => {
  it('as baresip takes pings, and is called over the same connection after them', { timeout: 40_000 }, async () => {
    const { port, pinged, ring, bound } = await server();
    const phone = await registeredBaresip(ada, port, { transport: 'tcp', registersForSeconds: 3600 });
    closing.push(phone.close);
    const before = await bound();
    await pinged();
    expect([before[0]?.transport, await bound()]).toEqual(['tcp', before]);
    await ring();
    await phone.seen('CALL_ESTABLISHED');
  });

  it('as linphone takes pings, and is called over the same connection after them', { timeout: 40_000 }, async () => {
    const { port, pinged, ring, bound } = await server();
    const phone = await registeredLinphone(ada, port, 'tcp');
    closing.push(phone.close);
    const before = await bound();
    await pinged();
    expect([before[0]?.transport, await bound()]).toEqual(['tcp', before]);
    await ring();
  });
});
