import { expect, it } from 'vitest';
import { MediaRig } from '../../test/support/media-rig.ts';
import { seededRandom } from '../kernel/random.ts';
import { LegMedia } from './leg-media.ts';
import { newLocalSrtp, type SrtpPolicy } from './sdp/srtp-offer.ts';

const KEY = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}`;

const theirs = (profile: string, ...lines: readonly string[]): string =>
  ['v=0', 'o=- 9 1 IN IP4 10.0.1.1', 's=-', 'c=IN IP4 10.0.1.1', 't=0 0', `m=audio 4000 ${profile} 0`, ...lines, ''].join('\r\n');

const profileIn = (sdp: string | undefined): string | undefined => /^m=audio \d+ (\S+) /m.exec(sdp ?? '')?.[1];

async function newLeg(policy: SrtpPolicy) {
  const rig = new MediaRig();
  const stream = await rig.open();
  const srtp = newLocalSrtp(policy, seededRandom(3));
  const { address, port } = stream.local;
  const media = new LegMedia(stream, {
    ...{ address, port, sessionId: '7', version: 1, codecs: ['PCMU'], telephoneEvent: 101 },
    ...(srtp && { srtp }),
  });
  const finish = async () => {
    await rig.media.close();
    expect([rig.clock.pendingTimers, rig.media.openStreams]).toEqual([0, 0]);
  };
  return { media, finish };
}

it.each([
  ['off', 'RTP/AVPF', []],
  ['optional', 'RTP/AVPF', []],
  ['optional', 'RTP/SAVP', [KEY]],
  ['optional', 'RTP/SAVPF', [KEY]],
  ['required', 'RTP/AVP', [KEY]],
  ['required', 'RTP/SAVPF', [KEY]],
] as const)('with SRTP %s, a peer that has offered %s is offered that, and nothing else, from then on', async (policy, profile, lines) => {
  const { media, finish } = await newLeg(policy);
  expect(profileIn(media.offered(theirs(profile, ...lines)))).toBe(profile);
  const hold = media.offer(true);
  expect([profileIn(hold), hold.includes('a=sendonly')]).toEqual([profile, true]);
  expect(media.answered(theirs(profile, ...lines))).toBe(true);
  expect(profileIn(media.offer(false))).toBe(profile);
  await finish();
});

it('another party than the one that has offered it is offered what SRTP asks for', async () => {
  const { media, finish } = await newLeg('optional');
  media.offered(theirs('RTP/SAVPF', KEY));
  expect(profileIn(media.offerToAnother())).toBe('RTP/AVP');
  await finish();
});

it('an offer that is refused changes nothing of it', async () => {
  const { media, finish } = await newLeg('off');
  media.offered(theirs('RTP/AVPF'));
  expect(media.offered(theirs('RTP/SAVPF', KEY))).toBeUndefined();
  expect(profileIn(media.offer())).toBe('RTP/AVPF');
  await finish();
});
