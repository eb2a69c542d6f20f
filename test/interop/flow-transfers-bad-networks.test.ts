import { expect } from 'vitest';
import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { hungUpWhileRinging, joinedByUs, rejected, transfersOver } from '../support/flow-transfers.ts';
import { type ServedScene, servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { udpPortsClosed } from '../support/udp-ports.ts';

// baresip, which a flow transfers attended to a user who does not take it.

const networks = Object.keys(badNetworks);

const server = servedFile();

/** Nothing passes the port that a phone is offered which never answers. */
async function offeredPortsClosed({ line }: ServedScene): Promise<void> {
  expect(line.namedMediaPorts.length).toBeGreaterThanOrEqual(2);
  await udpPortsClosed(server().child.program.pid, line.namedMediaPorts);
}

servedOverBadNetworks(
  'baresip is transferred to one that refuses its call, and the two are joined by us',
  { server, networks, seed: 2193, leastPorts: 2 },
  async (scene) => joinedByUs(await transfersOver(scene)),
);

servedOverBadNetworks(
  'baresip hangs up while the one rings that it is to be transferred to, and that one stops ringing',
  { server, networks, seed: 241, leastPorts: 1 },
  async (scene) => {
    await hungUpWhileRinging(await transfersOver(scene));
    await offeredPortsClosed(scene);
  },
);

servedOverBadNetworks(
  'baresip is to be transferred to one that rejects the call, and is asked for nothing',
  { server, networks, seed: 205, leastPorts: 1 },
  async (scene) => {
    await rejected(await transfersOver(scene));
    await offeredPortsClosed(scene);
  },
);
