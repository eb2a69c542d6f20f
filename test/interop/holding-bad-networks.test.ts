import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { holdMusic } from '../support/held-talk.ts';
import { hangsUp, joinedLinphones, theyHold } from '../support/joined-linphones.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const server = servedFile({ RINGFLOW_HOLD_MUSIC: holdMusic() });

servedOverBadNetworks(
  'each of two who talk with linphone holds the call: it hears nothing, and the other one music, until it resumes',
  { server, networks: Object.keys(badNetworks), seed: 141, leastPorts: 2 },
  async ({ network, line, number, closing }) => {
    const phones = await joinedLinphones({ server: server(), port: await line.nearAt(server().sip.port), number, closing });
    // It says nothing while it holds, so that it shows its other port when it resumes.
    await theyHold(phones, 'called', async () => {
      if (network === 'rebinds') await line.rebindMedia();
    });
    await theyHold(phones, 'calling');
    await hangsUp(phones);
  },
);
