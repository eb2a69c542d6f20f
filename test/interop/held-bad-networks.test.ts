import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { holdMusic } from '../support/held-talk.ts';
import { hangsUp, joinedLinphones, weHold } from '../support/joined-linphones.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const server = servedFile({ RINGFLOW_HOLD_MUSIC: holdMusic() });

servedOverBadNetworks(
  'we hold each of two who talk with linphone: it hears music, and the other one nothing, until we resume',
  { server, networks: Object.keys(badNetworks), seed: 71, leastPorts: 2 },
  async ({ network, line, number, closing }) => {
    const phones = await joinedLinphones({ server: server(), port: await line.nearAt(server().sip.port), number, closing });
    // One that is held says nothing, so that it shows its other port when we resume.
    await weHold(phones, 'calling', async () => {
      if (network === 'rebinds') await line.rebindMedia();
    });
    await weHold(phones, 'called');
    await hangsUp(phones);
  },
);
