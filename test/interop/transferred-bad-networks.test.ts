import { expect } from 'vitest';
import { badNetworks } from '../support/bad-networks.ts';
import { consoleOf, transferringTo } from '../support/called-linphone.ts';
import { servedFile } from '../support/file-server.ts';
import { fromNowOn, hearing } from '../support/heard-tones.ts';
import { latestSession, newAccount, numberToDial, saveFlow } from '../support/real-server.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const PHONE_HZ = 440;
const OTHER_HZ = 1000;

const server = servedFile();

servedOverBadNetworks(
  'linphone is transferred to another linphone by the flow, and the two hear each other without us',
  { server, networks: Object.keys(badNetworks), seed: 536, leastPorts: 1 },
  async ({ network, line, closing }) => {
    const behindLine = { at: (port: number) => line.farAt(port), closing };
    const [one, other] = [await consoleOf(behindLine, PHONE_HZ), await consoleOf(behindLine, OTHER_HZ)];
    const account = await newAccount(server().child, one.port);
    const flowId = await saveFlow(account, transferringTo(`sip:other@127.0.0.1:${other.port}`));
    await account.api.placeCall({ flowId, numberToDial });
    await one.phone.seen('Media streams established');
    if (network === 'rebinds') await line.rebindMedia();
    expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: 'Transferred' });
    await Promise.all([hearing(OTHER_HZ, await fromNowOn(one.phone)), hearing(PHONE_HZ, await fromNowOn(other.phone))]);
  },
);
