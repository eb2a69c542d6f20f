import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { digestSecrets } from '../../src/telephony/sip/digest.ts';
import { badStream } from '../support/bad-stream.ts';
import { registeredBaresip, registeredLinphone } from '../support/registered-phones.ts';
import { registeringServer } from '../support/registering-server.ts';
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
  const known = { ...users, find: async () => ({ userId: ada.id, accountId: 'account', secrets }) };
  const { telephony, sip } = await registeringServer(clock, known, 45_100);
  closing.push(async () => {
    const closed = telephony.close();
    await clock.advance(5000);
    await closed;
  });
  // It counts the pings that the phone has answered.
  const stream = await badStream({ nearPort: sip[0]?.port ?? 0 });
  closing.push(() => stream.close());
  /** Lets time pass, in steps that a ping and its answer are faster than, until three pings have come to a phone, and their answers. */
  const pinged = async (answers: boolean): Promise<void> => {
    while (stream.counts.pings < 3) {
      await clock.advance(1000);
      await turn();
      while (answers && stream.counts.pongs < stream.counts.pings) await turn();
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
  return { port: stream.forFar.port, pinged, ring, bound };
}

describe('a phone that has registered over TCP', () => {
  it('as baresip takes pings, and is called over the same connection after them', { timeout: 40_000 }, async () => {
    const { port, pinged, ring, bound } = await server();
    const phone = await registeredBaresip(ada, port, { transport: 'tcp', registersForSeconds: 3600 });
    closing.push(phone.close);
    const before = await bound();
    await pinged(true);
    expect([before[0]?.transport, await bound()]).toEqual(['tcp', before]);
    await ring();
    await phone.seen('CALL_ESTABLISHED');
  });

  it('as linphone takes pings, and is called over the same connection after them', { timeout: 40_000 }, async () => {
    const { port, pinged, ring, bound } = await server();
    const phone = await registeredLinphone(ada, port, 'tcp');
    closing.push(phone.close);
    const before = await bound();
    // It takes them, and does not answer.
    await pinged(false);
    expect([before[0]?.transport, await bound()]).toEqual(['tcp', before]);
    await ring();
  });
});
