import { setTimeout as delay } from 'node:timers/promises';
import { askedSession, askingFlow, FLOW_KEYS, hearsFlow, KEYS, PHONE_HZ } from '../support/asking-flow.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { servedFile } from '../support/file-server.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { newAccount } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphoneConsole } from '../support/registered-phones.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';
import { holdAndResume, keysHeard, press } from '../support/talk-with-baresip.ts';

// Phones that have registered, and call the flow of their user.

const KEYS_WITHIN_MS = 15_000;
const networks = Object.keys(badNetworks);

const server = servedFile();

servedOverBadNetworks(
  'baresip of a user calls, hears, is heard and presses keys, holds, resumes and hangs up',
  { server, networks, seed: 91, leastPorts: 1 },
  async (scene) => {
    const { network, line, number, closing } = scene;
    const account = await newAccount(server().child, 5060);
    const user = await newPhoneUser(account, `calling${number}`, await askingFlow(account, 'caller'));
    const port = await line.nearAt(server().sip.port);
    const caller = await inTurn(() => registeredBaresip(user, port, { toneHz: PHONE_HZ, jitterBuffer: network !== 'loses' }));
    closing(caller.close);
    await caller.command('dial', '4000');
    await caller.seen('CALL_ESTABLISHED');
    await hearsFlow(scene, caller);
    await holdAndResume(caller);
    await press(caller, KEYS);
    await keysHeard(caller, FLOW_KEYS, KEYS_WITHIN_MS);
    await caller.command('hangup');
    await askedSession(scene, account, { outcome: 'CallerHungUp', fromAddress: user.user, toAddress: '4000' });
  },
);

servedOverBadNetworks(
  'linphone of a user calls, hears, is heard and presses keys, and is hung up on',
  { server, networks, seed: 101, leastPorts: 1 },
  async (scene) => {
    const { line, number, closing } = scene;
    const account = await newAccount(server().child, 5060);
    const user = await newPhoneUser(account, `calling${number}`, await askingFlow(account, 'server'));
    const port = await line.nearAt(server().sip.port);
    const caller = await inTurn(() => registeredLinphoneConsole(user, port, PHONE_HZ));
    closing(caller.close);
    caller.command(`call sip:4000@127.0.0.1:${port}`);
    await hearsFlow(scene, caller);
    for (const key of KEYS) {
      caller.press(key);
      await delay(300);
    }
    await askedSession(scene, account, { outcome: KEYS, fromAddress: user.user, toAddress: '4000' });
  },
);
