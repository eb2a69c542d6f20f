import { badNetworks } from '../support/bad-networks.ts';
import { serverOfFile } from '../support/file-server.ts';
import { holdMusic } from '../support/held-talk.ts';
import { hangsUp, joinedLinphones, theyHold } from '../support/joined-linphones.ts';
import type { RealServer } from '../support/real-server.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

let server: RealServer;

serverOfFile(
  (started) => {
    server = started;
  },
  { RINGFLOW_HOLD_MUSIC: holdMusic(), RINGFLOW_MEDIA_THREADS: '2' },
);

servedOverBadNetworks(
  'each of two who talk with linphone holds the call: it hears nothing, and the other one music, until it resumes',
  { server: () => server, networks: Object.keys(badNetworks), seed: 141, leastPorts: 2 },
  async ({ network, line, number, closing }) => {
    const phones = await joinedLinphones({ server, port: await line.nearAt(server.sip.port), number, closing });
    // It says nothing while it holds, so that it shows its other port when it resumes.
    await theyHold(phones, 'called', async () => {
      if (network === 'rebinds') await line.rebindMedia();
    });
    await theyHold(phones, 'calling');
    await hangsUp(phones);
  },
);
