import { badNetworks } from '../support/bad-networks.ts';
import { serverOfFile } from '../support/file-server.ts';
import { holdMusic } from '../support/held-talk.ts';
import { hangsUp, joinedLinphones, weHold } from '../support/joined-linphones.ts';
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
  'we hold each of two who talk with linphone: it hears music, and the other one nothing, until we resume',
  { server: () => server, networks: Object.keys(badNetworks), seed: 71, leastPorts: 2 },
  async ({ network, line, number, closing }) => {
    const phones = await joinedLinphones({ server, port: await line.nearAt(server.sip.port), number, closing });
    // One that is held says nothing, so that it shows its other port when we resume.
    await weHold(phones, 'calling', async () => {
      if (network === 'rebinds') await line.rebindMedia();
    });
    await weHold(phones, 'called');
    await hangsUp(phones);
  },
);
