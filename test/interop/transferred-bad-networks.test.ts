import { expect } from 'vitest';
import type { BadLine } from '../support/bad-line.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { transferringTo } from '../support/called-linphone.ts';
import { serverOfFile } from '../support/file-server.ts';
import { fromNowOn, hearing } from '../support/heard-tones.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { latestSession, newAccount, numberToDial, type RealServer, saveFlow } from '../support/real-server.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { testPort } from '../support/test-port.ts';

const PHONE_HZ = 440;
const OTHER_HZ = 1000;

let server: RealServer;

serverOfFile(
  (started) => {
    server = started;
  },
  { RINGFLOW_MEDIA_THREADS: '2' },
);

/** linphone with a microphone and a speaker, and where the server reaches it. */
async function linphone(line: BadLine, toneHz: number) {
  const { port, phone } = await inTurn(async () => {
    const free = await testPort();
    return { port: free, phone: await startLinphoneConsole({ sipPort: free, toneHz, codecs: ['PCMU'] }) };
  });
  return { phone, port: await line.farAt(port) };
}

servedOverBadNetworks(
  'linphone is transferred to another linphone by the flow, and the two hear each other without us',
  { server: () => server, networks: Object.keys(badNetworks), seed: 536, leastPorts: 1 },
  async ({ network, line, closing }) => {
    const one = await linphone(line, PHONE_HZ);
    closing(one.phone.close);
    const other = await linphone(line, OTHER_HZ);
    closing(other.phone.close);
    const account = await newAccount(server.child, one.port);
    const flowId = await saveFlow(account, transferringTo(`sip:other@127.0.0.1:${other.port}`));
    await account.api.placeCall({ flowId, numberToDial });
    await one.phone.seen('Media streams established');
    if (network === 'rebinds') await line.rebindMedia();
    expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: 'Transferred' });
    await Promise.all([hearing(OTHER_HZ, await fromNowOn(one.phone)), hearing(PHONE_HZ, await fromNowOn(other.phone))]);
  },
);
