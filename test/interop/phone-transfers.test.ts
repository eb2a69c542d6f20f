import { describe, expect, it, vi } from 'vitest';
import { ListSessions } from '../../src/contracts/sessions.ts';
import type { Baresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import { newAccount, type RealServer, saveFlow } from '../support/real-server.ts';
import { newPhoneUser, type PhoneUser, registeredBaresip } from '../support/registered-phones.ts';
import { callsLinphone, joined, joinedWith, running, type TransferPhones, transferPhones } from '../support/transfer-phones.ts';

let server: RealServer;
const closing = serverOfFile(
  (started) => {
    server = started;
  },
  // Calls one after the other are carried by different threads.
  { RINGFLOW_MEDIA_THREADS: '2' },
);

async function phones(): Promise<TransferPhones> {
  const all = await transferPhones(server, server.sip.port);
  closing.push(all.close);
  return all;
}

describe('linphone, which a flow has dialled', () => {
  it('sends its caller on to another phone', async () => {
    const all = await phones();
    await callsLinphone(all);
    all.linphone.command(`call-transfer 1 ${all.bobAt}`);
    await all.bob.seen('CALL_ESTABLISHED');
    await joined(all);
  });

  it('dials another phone itself, and joins its caller with that one', async () => {
    const all = await phones();
    await callsLinphone(all);
    all.linphone.command(`call sip:4000@127.0.0.1:${server.sip.port}`);
    await joinedWith(all, all.bobName);
    await running(all.linphone, 2);
    all.linphone.command('call-transfer 1 2');
    await joined(all);
  });

  it('joins two that have called it, whose calls are carried by two threads', async () => {
    const all = await phones();
    await callsLinphone(all);
    await all.bob.command('dial', '4000');
    await running(all.linphone, 2);
    all.linphone.command('call-transfer 1 2');
    await joined(all);
  });
});

describe('linphone, which has dialled', () => {
  async function dialled(): Promise<TransferPhones> {
    const all = await phones();
    all.linphone.command(`call sip:4001@127.0.0.1:${server.sip.port}`);
    await all.caller.seen('CALL_ESTABLISHED');
    await running(all.linphone, 1);
    return all;
  }

  it('sends who has answered on to another phone', async () => {
    const all = await dialled();
    all.linphone.command(`call-transfer 1 ${all.bobAt}`);
    await all.bob.seen('CALL_ESTABLISHED');
    await joined(all);
  });

  it('dials another one, and joins the two', async () => {
    const all = await dialled();
    all.linphone.command(`call sip:4000@127.0.0.1:${server.sip.port}`);
    await joinedWith(all, all.bobName);
    await running(all.linphone, 2);
    all.linphone.command('call-transfer 1 2');
    await joined(all);
  });
});

describe('baresip', () => {
  it('which a flow has dialled sends its caller on to another phone, is told that it is there, and is out', {
    timeout: 60_000,
  }, async () => {
    const account = await newAccount(server.child, 5060);
    const [asking, bob] = [await newPhoneUser(account, 'baresip-asking'), await newPhoneUser(account, 'baresip-bob')];
    const flow = flowOf({
      dial: ['DialNode', { User: asking.id, AllowTransfer: true, Done: to('done') }],
      done: ['HangUpNode', { Outcome: 'Done' }],
    });
    const calling = await newPhoneUser(account, 'baresip-calling', await saveFlow(account, flow));
    const started = async (user: PhoneUser, toneHz: number): Promise<Baresip> => {
      const phone = await registeredBaresip(user, server.sip.port, { toneHz, maxCalls: 2 });
      closing.push(phone.close);
      return phone;
    };
    const [caller, transferor, target] = [await started(calling, 440), await started(asking, 700), await started(bob, 1000)];
    const sessions = async () => (await account.api.call(ListSessions, {})).items;

    await caller.command('dial', '4000');
    await Promise.all([hearing(700, caller), hearing(440, transferor)]);
    await transferor.command('transfer', `sip:${bob.user}@127.0.0.1:${server.sip.port}`);
    await Promise.all([hearing(1000, caller), hearing(440, target)]);
    await transferor.seen('CALL_CLOSED');
    const said = await transferor.log();
    expect(said).toMatch(/^SIP\/2\.0 202 /m);
    expect(said).toMatch(/^NOTIFY [\s\S]*^SIP\/2\.0 200 /m);
    expect(said).not.toMatch(/^SIP\/2\.0 603 /m);
    // The two talk on without the one that has asked.
    expect((await sessions()).filter(({ ended }) => ended !== true)).toHaveLength(1);
    await target.command('hangup');
    await vi.waitFor(async () => expect((await sessions()).map(({ outcome }) => outcome)).toEqual(['Done']), {
      timeout: 15_000,
      interval: 100,
    });
  });
});
