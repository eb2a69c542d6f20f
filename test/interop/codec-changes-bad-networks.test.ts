import { expect } from 'vitest';
import { directCall } from '../support/direct-call.ts';
import { hearTone } from '../support/heard-by-us.ts';
import { startLinphone } from '../support/linphone.ts';
import { inTurn, overBadNetworks } from '../support/over-bad-networks.ts';
import { getKeys, inState, pauseAndResume, speaks, useCodecs } from '../support/talk-with-linphone.ts';
import { testPort } from '../support/test-port.ts';

const changes = [
  ['PCMU', 'opus', 47_600],
  ['opus', 'G722', 47_800],
] as const;
/** Packets of the codec before that are late, when the other is agreed on. */
const UNDER_WAY = 10;
/** Of the network, and of a machine that is busy. */
const MOST_JITTER_MS = 200;

for (const [before, after, firstPort] of changes) {
  overBadNetworks(`linphone changes from ${before} to ${after} in the middle of the call, with a new offer`, firstPort, async (scene) => {
    const { telephony, line, network, closing } = scene;
    const { phone, port } = await inTurn(async () => {
      const free = await testPort();
      return { port: free, phone: await startLinphone(free) };
    });
    closing(phone.close);
    useCodecs(phone, [before]);
    const call = await directCall(telephony, '+18144043093', await line.farAt(port), { codecs: ['PCMU', 'PCMA', 'G722', 'opus'] });
    const leg = await call.answered;
    await inState(phone, 'LinphoneCallStreamsRunning');
    await speaks(phone, 440);
    await hearTone(leg, 440);
    useCodecs(phone, [after]);
    await pauseAndResume(phone);
    await speaks(phone, 700);
    await hearTone(leg, 700);
    if (network === 'rebinds') await line.rebindMedia();
    await hearTone(leg, 700);
    await getKeys(leg, (key) => phone.command(`dtmf ${key}`));
    await leg.hangup();
    const { end, media } = await call.ended;
    expect(end.why).toBe('we-hung-up');
    expect(media).toMatchObject({ codec: after, clockRate: after === 'opus' ? 48_000 : 8000, audible: true, digits: 4 });
    expect(media.unagreed).toBeLessThanOrEqual(UNDER_WAY);
    expect(media.jitterMs).toBeLessThan(MOST_JITTER_MS);
  });
}
