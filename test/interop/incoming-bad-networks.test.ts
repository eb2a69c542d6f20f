import { askedSession, askingFlow, FLOW_KEYS, hearsFlow, KEYS, PHONE_HZ } from '../support/asking-flow.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { startBaresip } from '../support/baresip.ts';
import { servedFile } from '../support/file-server.ts';
import { expectReplaysRefused, inTurn } from '../support/over-bad-networks.ts';
import { newAccount, takeCalls } from '../support/real-server.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { keysHeard, press } from '../support/talk-with-baresip.ts';

const CALLER = '+18144049999';
const KEYS_WITHIN_MS = 15_000;

const server = servedFile();

const ways = [
  ['in clear', 'is hung up on', { srtp: 'Off', hangsUp: 'server', seed: 71, mediaEncryption: undefined }],
  ['with SRTP', 'hangs up', { srtp: 'Required', hangsUp: 'caller', seed: 81, mediaEncryption: 'srtp-mand' }],
] as const;

for (const [how, end, { srtp, hangsUp, seed, mediaEncryption }] of ways) {
  servedOverBadNetworks(
    `baresip as the carrier calls ${how}, hears, is heard and presses keys, and ${end}`,
    { server, networks: Object.keys(badNetworks), seed, leastPorts: 1 },
    async (scene) => {
      const { network, line, closing } = scene;
      const account = await newAccount(server().child, 5060, { srtp });
      const number = await takeCalls(account, { flowId: await askingFlow(account, hangsUp) });
      const options = { toneHz: PHONE_HZ, jitterBuffer: network !== 'loses', ...(mediaEncryption && { mediaEncryption }) };
      const caller = await inTurn(() => startBaresip({ user: CALLER, ...options }));
      closing(caller.close);
      // Nothing but its Contact leads to a carrier: its port is forwarded.
      await line.farAt(caller.port);
      await caller.command('dial', `sip:${number}@127.0.0.1:${await line.nearAt(server().sip.port)}`);
      await caller.seen('CALL_ESTABLISHED');
      await hearsFlow(scene, caller);
      await press(caller, KEYS);
      await keysHeard(caller, FLOW_KEYS, KEYS_WITHIN_MS);
      if (hangsUp === 'caller') await caller.command('hangup');
      await caller.seen('CALL_CLOSED');
      const outcome = hangsUp === 'caller' ? 'CallerHungUp' : KEYS;
      const { mediaReport } = await askedSession(scene, account, { outcome, fromAddress: CALLER, toAddress: number });
      const { packetsUnauthentic: unauthentic = 0, packetsUnencrypted: unencrypted = 0 } = mediaReport ?? {};
      if (mediaEncryption) expectReplaysRefused(network, line, { unauthentic, unencrypted });
    },
  );
}
