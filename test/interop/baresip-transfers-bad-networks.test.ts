import { badNetworks } from '../support/bad-networks.ts';
import { declinedByUs, sentOnByBaresip, sentOnByUs, talkOver } from '../support/baresip-transfers.ts';
import { servedFile } from '../support/file-server.ts';
import { overBadNetworks } from '../support/over-bad-networks.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

// Transfers that baresip asks for, and those that it is asked to make.

const FIRST_PORT = 49_400;

const server = servedFile();

servedOverBadNetworks(
  'baresip which a flow has dialled sends its caller on to another phone, is told that it is there, and is out',
  { server, networks: Object.keys(badNetworks), seed: 131, leastPorts: 3 },
  async ({ network, line, number, closing }) => {
    const port = await line.nearAt(server().sip.port);
    await sentOnByBaresip(server(), { port, number, closing, ...(network === 'rebinds' && { meanwhile: () => line.rebindMedia() }) });
  },
);

overBadNetworks('baresip is transferred to another phone by us, and the two hear each other without us', FIRST_PORT, async (scene) => {
  await sentOnByUs(talkOver(scene));
});

overBadNetworks('baresip asks to be transferred, is declined, hangs up for that, and nobody else was called', FIRST_PORT + 200, (scene) =>
  declinedByUs(talkOver(scene)),
);
