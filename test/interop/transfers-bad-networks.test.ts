import { afterAll, beforeAll } from 'vitest';
import { badNetworks } from '../support/bad-networks.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { type RealServer, realServer } from '../support/real-server.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { callsLinphone, joined, joinedWith, running, transferPhones } from '../support/transfer-phones.ts';

let server: RealServer;

beforeAll(async () => {
  server = await realServer({ RINGFLOW_MEDIA_THREADS: '2' });
}, 60_000);

afterAll(() => server.remove(), 60_000);

servedOverBadNetworks(
  'phones register, are dialled and transferred, blind and attended',
  // A call joins two, and a transfer brings a third.
  { server: () => server, networks: Object.keys(badNetworks), seed: 11, leastPorts: 6 },
  async ({ network, line, closing }) => {
    const port = await line.nearAt(server.sip.port);
    const all = await inTurn(() => transferPhones(server, port));
    closing(all.close);
    const { linphone, bob, bobAt } = all;
    await callsLinphone(all, 1);
    linphone.command(`call-transfer 1 ${bobAt}`);
    await bob.seen('CALL_ESTABLISHED');
    if (network === 'rebinds') await line.rebindMedia();
    await joined(all);

    await callsLinphone(all, 2);
    linphone.command(`call sip:4000@127.0.0.1:${port}`);
    await joinedWith(all, all.bobName);
    await running(linphone, 3);
    linphone.command('call-transfer 2 3');
    await joined(all);
  },
);
