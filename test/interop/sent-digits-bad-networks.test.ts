import { expect } from 'vitest';
import { badNetworks } from '../support/bad-networks.ts';
import { callLinphone, hearsKeys, sendingKeys } from '../support/called-linphone.ts';
import { servedFile } from '../support/file-server.ts';
import { to } from '../support/flow-builder.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { speaks } from '../support/talk-with-linphone.ts';

const server = servedFile();

servedOverBadNetworks(
  'linphone is heard and presses a key, is sent digits by the flow, and hears each of them',
  { server, networks: Object.keys(badNetworks), seed: 171, leastPorts: 1 },
  async ({ network, line, closing }) => {
    const flow = sendingKeys({
      ask: ['GatherNode', { MaxDigits: 1, TimeoutInSeconds: 20, Done: to('record') }],
      // Who has another port is found in it.
      record: ['RecordNode', { PlayBeep: false, MaxLengthInSeconds: 2, Done: to('send') }],
    });
    const { phone, session, over } = await callLinphone({ server: server(), at: (port) => line.farAt(port), closing }, flow);
    await speaks(phone, 440);
    phone.command('dtmf 5');
    await session(({ log = [] }) => log.some(({ message = '' }) => message.startsWith('Gather: ')));
    if (network === 'rebinds') await line.rebindMedia();
    const { outcome, mediaReport } = await over();
    expect(outcome).toBe('Completed');
    expect(mediaReport).toMatchObject({ audioReceived: true, digits: 1, sourceMoves: network === 'rebinds' ? 1 : 0 });
    // It hears a digit again whose first packet comes after its last ones.
    await hearsKeys(phone, { again: network === 'reorders' });
  },
);
