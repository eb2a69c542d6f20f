import { badNetworks } from '../support/bad-networks.ts';
import { declinedByFlow } from '../support/declined-linphone.ts';
import { servedFile } from '../support/file-server.ts';
import { linphoneJoinedByUs, linphoneSentOn, transfersOver } from '../support/flow-transfers.ts';
import { holdMusic } from '../support/held-talk.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const networks = Object.keys(badNetworks);

const server = servedFile({ RINGFLOW_HOLD_MUSIC: holdMusic() });

servedOverBadNetworks(
  'linphone is transferred by a flow, after another one has taken the call, and the two hear each other without us',
  { server, networks: networks.filter((network) => network !== 'rebinds'), seed: 336, leastPorts: 2 },
  async (scene) => linphoneSentOn(await transfersOver(scene)),
);

// The Contact of linphone names the port that it had when it registered, which its NAT has forgotten: whoever calls that calls nobody.
servedOverBadNetworks(
  'linphone is transferred by a flow to another one that it does not reach, and the two are joined by us while it calls in vain',
  { server, networks: ['rebinds'], seed: 235, leastPorts: 2 },
  async (scene) => linphoneJoinedByUs(await transfersOver(scene)),
);

servedOverBadNetworks(
  'linphone asks to be transferred, is declined, and goes on with the call: it hears, is heard and presses keys',
  { server, networks, seed: 208, leastPorts: 1 },
  declinedByFlow,
);
