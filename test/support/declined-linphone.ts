import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { askedSession, askingFlow, FLOW_HZ, hearsFlow, KEYS, PHONE_HZ } from './asking-flow.ts';
import { consoleOf } from './called-linphone.ts';
import { fromNowOn, hearing } from './heard-tones.ts';
import { newAccount, numberToDial } from './real-server.ts';
import type { ServedScene } from './served-over-bad-networks.ts';

/** Longer than a key of linphone sounds. */
const BETWEEN_KEYS_MS = 300;

/** linphone, which a flow has called, asks to be transferred and is declined. It goes on with the call: it hears the flow, is heard and presses keys. */
export async function declinedByFlow(scene: ServedScene): Promise<void> {
  const { server, line, closing } = scene;
  const { phone, port } = await consoleOf({ at: (ofPhone) => line.farAt(ofPhone), closing }, PHONE_HZ);
  const account = await newAccount(server.child, port);
  await account.api.placeCall({ flowId: await askingFlow(account, 'server'), numberToDial });
  await hearing(FLOW_HZ, phone);
  phone.command('transfer sip:+9001@127.0.0.1');
  const declined = (): void => expect(line.arrived).toContainEqual(expect.stringMatching(/^SIP\/2\.0 603 /));
  await vi.waitFor(declined, { timeout: 10_000, interval: 50 });
  await hearsFlow(scene, await fromNowOn(phone));
  for (const key of KEYS) {
    phone.press(key);
    await delay(BETWEEN_KEYS_MS);
  }
  await askedSession(scene, account, { direction: 'outbound', outcome: KEYS });
}
