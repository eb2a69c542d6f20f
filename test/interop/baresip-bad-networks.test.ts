import { expect } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import { directCall } from '../support/direct-call.ts';
import { heardByUs } from '../support/heard-by-us.ts';
import { expectReplaysRefused, inTurn, overBadNetworks } from '../support/over-bad-networks.ts';
import { heardByBaresip, holdAndResume, pressKeys } from '../support/talk-with-baresip.ts';

const number = '+18144043093';
/** Packets of some that are late, when a call is held or is over. */
const UNDER_WAY = 10;

overBadNetworks(
  'baresip with SRTP and Opus talks, presses keys, holds and resumes',
  46_000,
  async ({ telephony, line, network, closing }) => {
    const phone = await inTurn(() =>
      startBaresip({ user: number, codecs: ['opus'], toneHz: 700, mediaEncryption: 'srtp-mand', jitterBuffer: network !== 'loses' }),
    );
    closing(phone.close);
    const call = await directCall(telephony, number, await line.farAt(phone.port), { codecs: ['PCMU', 'opus'], srtp: 'required' });
    const leg = await call.answered;
    await heardByBaresip(leg, phone, 1000);
    if (network === 'rebinds') await line.rebindMedia();
    // baresip keeps nothing of what it hears after a hold.
    await heardByBaresip(leg, phone, 1500);
    await holdAndResume(phone);
    await pressKeys(leg, phone);
    expect(await heardByUs(leg, 700, 1000)).toBeGreaterThan(0.3);
    await leg.hangup();
    const { end, media } = await call.ended;
    expect(end.why).toBe('we-hung-up');
    expect(media).toMatchObject({ codec: 'opus', unagreed: 0, audible: true, digits: 4 });
    expectReplaysRefused(network, line, media);
    if (network !== 'rebinds') expect(media.lost).toBeLessThanOrEqual(line.media.lost + UNDER_WAY);
  },
);
