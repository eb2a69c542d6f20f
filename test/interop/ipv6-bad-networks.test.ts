import { expect } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { startBaresip } from '../support/baresip.ts';
import { servedFile } from '../support/file-server.ts';
import { hearingSound } from '../support/heard-tones.ts';
import { bothHeard, greeting, TONE_HZ } from '../support/ipv6-talk.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { newAccount, numberToDial, saveFlow, takeCalls } from '../support/real-server.ts';
import { type ServedScene, servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const server = servedFile({ RINGFLOW_SIP_HOST: '::1' });

const scenario = { server, networks: Object.keys(badNetworks), leastPorts: 1, address: '::1' } as const;
const user = numberToDial;

async function phoneOf({ network, closing }: ServedScene) {
  const phone = await inTurn(() => startBaresip({ user, host: '::1', toneHz: TONE_HZ, jitterBuffer: network !== 'loses' }));
  closing(phone.close);
  return phone;
}

servedOverBadNetworks('over IPv6 baresip is called, and both hear each other', { ...scenario, seed: 75 }, async (scene) => {
  const phone = await phoneOf(scene);
  const account = await newAccount(server().child, await scene.line.farAt(phone.port), { host: '::1' });
  await account.api.call(PlaceCall, { flowId: await saveFlow(account, greeting), numberToDial });
  await hearingSound(100, phone);
  if (scene.network === 'rebinds') await scene.line.rebindMedia();
  expect(await bothHeard(account, phone)).toMatchObject({ direction: 'outbound' });
});

servedOverBadNetworks('over IPv6 baresip calls, and both hear each other', { ...scenario, seed: 92 }, async (scene) => {
  const phone = await phoneOf(scene);
  const account = await newAccount(server().child, 5999, { host: '::1' });
  const number = await takeCalls(account, { flowId: await saveFlow(account, greeting) });
  await phone.command('dial', `sip:${number}@[::1]:${await scene.line.nearAt(server().sip.port)}`);
  await hearingSound(100, phone);
  if (scene.network === 'rebinds') await scene.line.rebindMedia();
  expect(await bothHeard(account, phone)).toMatchObject({ direction: 'inbound' });
});
