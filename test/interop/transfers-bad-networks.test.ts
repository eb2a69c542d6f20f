import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { callsLinphone, joined, joinedWith, paused, running, transferPhones } from '../support/transfer-phones.ts';

const server = servedFile();

const networks = Object.keys(badNetworks);

// Each with phones of its own: whoever has been on the phone behind a NAT that forgets is reached again once it has registered again.

servedOverBadNetworks(
  'phones register, are dialled and transferred blind',
  { server, networks, seed: 11, leastPorts: 3 },
  async ({ network, line, closing }) => {
    const all = await inTurn(async () => transferPhones(server(), await line.nearAt(server().sip.port)));
    closing(all.close);
    const { linphone, bob, bobAt } = all;
    await callsLinphone(all, 1);
    linphone.command(`call-transfer 1 ${bobAt}`);
    await bob.seen('CALL_ESTABLISHED');
    if (network === 'rebinds') await line.rebindMedia();
    await joined(all);
  },
);

servedOverBadNetworks(
  'phones register, are dialled and transferred attended',
  { server, networks, seed: 21, leastPorts: 3 },
  async ({ network, line, closing }) => {
    const port = await line.nearAt(server().sip.port);
    const all = await inTurn(() => transferPhones(server(), port));
    closing(all.close);
    const { linphone } = all;
    await callsLinphone(all, 1);
    linphone.command(`call sip:4000@127.0.0.1:${port}`);
    await joinedWith(all, all.bobName);
    await running(linphone, 2);
    await paused(linphone, 1);
    if (network === 'rebinds') await line.rebindMedia();
    linphone.command('call-transfer 1 2');
    await joined(all);
  },
);
