import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { holdMusic } from '../support/held-talk.ts';
import { baresipHolds, joinedBaresip, weHoldBaresip } from '../support/joined-baresip.ts';
import { hangsUp } from '../support/joined-linphones.ts';
import { type ServedScene, servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

// Who is on hold says nothing, so that it shows its other port when the call is resumed.

const networks = Object.keys(badNetworks);

const server = servedFile({ RINGFLOW_HOLD_MUSIC: holdMusic() });

/** The phones reach the server over the line only. */
const behind = async ({ line, number, closing }: ServedScene) => ({
  server: server(),
  port: await line.nearAt(server().sip.port),
  number,
  closing,
});

const rebinding =
  ({ network, line }: ServedScene) =>
  async (): Promise<void> => {
    if (network === 'rebinds') await line.rebindMedia();
  };

servedOverBadNetworks(
  'baresip holds the call: it is sent nothing, and linphone hears music, until it resumes',
  { server, networks, seed: 151, leastPorts: 2 },
  async (scene) => {
    const call = await joinedBaresip(await behind(scene));
    await baresipHolds(call, rebinding(scene));
    await hangsUp(call);
  },
);

servedOverBadNetworks(
  'we hold baresip: it is sent music, and linphone hears nothing, until we resume',
  { server, networks, seed: 161, leastPorts: 2 },
  async (scene) => {
    const call = await joinedBaresip(await behind(scene));
    await weHoldBaresip(call, rebinding(scene));
    await hangsUp(call);
  },
);
