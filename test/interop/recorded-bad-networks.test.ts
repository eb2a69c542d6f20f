import { expect } from 'vitest';
import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { expectSidesRecorded, saysTone } from '../support/recorded-call.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const server = servedFile();

servedOverBadNetworks(
  'the recording of a whole call with baresip has what the flow plays on one side, and the tone of baresip on the other',
  { server, networks: Object.keys(badNetworks), seed: 131, leastPorts: 1 },
  async ({ network, line, closing }) => {
    const phone = await saysTone();
    closing(phone.close);
    const { mediaReport } = await expectSidesRecorded(server(), phone, {
      port: await line.farAt(phone.port),
      meanwhile: async () => {
        if (network === 'rebinds') await line.rebindMedia();
      },
    });
    expect(mediaReport?.sourceMoves).toBe(network === 'rebinds' ? 1 : 0);
  },
);
