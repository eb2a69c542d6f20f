import { expect } from 'vitest';
import { directCall } from '../support/direct-call.ts';
import { heardByUs } from '../support/heard-by-us.ts';
import { startLinphone } from '../support/linphone.ts';
import { inTurn, overBadNetworks } from '../support/over-bad-networks.ts';
import { getKeys, inState, pauseAndResume, speaks, useCodecs } from '../support/talk-with-linphone.ts';
import { testPort } from '../support/test-port.ts';

const number = '+18144043093';

overBadNetworks('linphone with G.722 talks, holds and resumes, and presses keys', 46_200, async ({ telephony, line, network, closing }) => {
  const { phone, port } = await inTurn(async () => {
    const free = await testPort();
    return { port: free, phone: await startLinphone(free) };
  });
  closing(phone.close);
  // In clear, where nothing but the order of its packets proves who a phone is that has another port.
  const isSecure = network !== 'rebinds';
  phone.command(`media-encryption ${isSecure ? 'srtp' : 'none'}`);
  useCodecs(phone, ['G722']);
  await phone.seen(`Encryption: ${isSecure ? 'srtp' : 'none'}`);
  const srtp = isSecure ? 'required' : 'off';
  const call = await directCall(telephony, number, await line.farAt(port), { codecs: ['PCMU', 'G722'], srtp });
  const leg = await call.answered;
  await inState(phone, 'LinphoneCallStreamsRunning');
  await pauseAndResume(phone);
  await speaks(phone, 700);
  expect(await heardByUs(leg, 700, 1500)).toBeGreaterThan(0.2);
  if (network === 'rebinds') await line.rebindMedia();
  expect(await heardByUs(leg, 700, 1500)).toBeGreaterThan(0.2);
  await getKeys(leg, (key) => phone.command(`dtmf ${key}`));
  phone.command('terminate 1');
  const { end, media } = await call.ended;
  expect(end.why).toBe('callee-hung-up');
  expect(media).toMatchObject({ codec: 'G722', unagreed: 0, audible: true, digits: 4 });
});
