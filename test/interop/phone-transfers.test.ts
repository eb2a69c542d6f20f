import { describe, it } from 'vitest';
import { sentOnByBaresip } from '../support/baresip-transfers.ts';
import { serverOfFile } from '../support/file-server.ts';
import type { RealServer } from '../support/real-server.ts';
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

it(
  'baresip which a flow has dialled sends its caller on to another phone, is told that it is there, and is out',
  {
    timeout: 60_000,
  },
  () => sentOnByBaresip(server, { port: server.sip.port, number: 1, closing: (close) => void closing.push(close) }),
);
