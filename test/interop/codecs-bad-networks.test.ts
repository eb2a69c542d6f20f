import { expect } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import { startBaresip } from '../support/baresip.ts';
import { directCall } from '../support/direct-call.ts';
import { hearTone } from '../support/heard-by-us.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { inTurn, overBadNetworks } from '../support/over-bad-networks.ts';
import { heardByBaresip, pressKeys } from '../support/talk-with-baresip.ts';
import { getKeys } from '../support/talk-with-linphone.ts';
import { testPort } from '../support/test-port.ts';

const number = '+18144043093';
const codecs = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
const never = new AbortController().signal;
const FIRST_PORT = 45_200;
/** Of the network, and of a machine that is busy. */
const MOST_JITTER_MS = 200;

overBadNetworks('baresip with nothing but G.722 hears, is heard and presses keys', FIRST_PORT, async (scene) => {
  const { telephony, line, network, closing } = scene;
  const phone = await inTurn(() => startBaresip({ user: number, codecs: ['g722'], toneHz: 700, jitterBuffer: network !== 'loses' }));
  closing(phone.close);
  const call = await directCall(telephony, number, await line.farAt(phone.port), { codecs });
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  if (network === 'rebinds') await line.rebindMedia();
  await heardByBaresip(leg, phone, 1500);
  await hearTone(leg, 700, 0.3);
  await pressKeys(leg, phone);
  await leg.hangup();
  const { end, media } = await call.ended;
  expect(end.why).toBe('we-hung-up');
  expect(media).toMatchObject({ codec: 'G722', clockRate: 8000, unagreed: 0, audible: true, digits: 4 });
  expect(media.jitterMs).toBeLessThan(MOST_JITTER_MS);
});

for (const [index, codec] of (['PCMA', 'opus'] as const).entries()) {
  overBadNetworks(`linphone with nothing but ${codec} hears, is heard and presses keys`, FIRST_PORT + 200 * (index + 1), async (scene) => {
    const { telephony, line, network, closing } = scene;
    const { phone, port } = await inTurn(async () => {
      const free = await testPort();
      return { port: free, phone: await startLinphoneConsole({ sipPort: free, toneHz: 700, codecs: [codec] }) };
    });
    closing(phone.close);
    const call = await directCall(telephony, number, await line.farAt(port), { codecs });
    const leg = await call.answered;
    await phone.seen('Media streams established');
    await leg.play(makePrompt(tone(1000, 1000, -15)), { interruptible: false }, never);
    if (network === 'rebinds') await line.rebindMedia();
    await hearTone(leg, 700);
    await getKeys(leg, phone.press);
    await leg.play(makePrompt(tone(1500, 1000, -15)), { interruptible: false }, never);
    await leg.hangup();
    const { end, media } = await call.ended;
    expect(end.why).toBe('we-hung-up');
    expect(media).toMatchObject({ codec, clockRate: codec === 'opus' ? 48_000 : 8000, unagreed: 0, audible: true, digits: 4 });
    expect(media.jitterMs).toBeLessThan(MOST_JITTER_MS);
    const heard = samplesOf(await phone.heard());
    for (const hz of [1000, 1500]) expect(loudest(hz, heard)).toBeGreaterThan(0.2);
  });
}
