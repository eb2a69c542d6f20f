import { describe, expect, it } from 'vitest';
import { MediaRig } from '../../test/support/media-rig.ts';
import { seededRandom } from '../kernel/random.ts';
import { LegMedia } from './leg-media.ts';
import { newLocalSrtp } from './sdp/srtp-offer.ts';

const keyOf = (seed: number): string => Buffer.from(seededRandom(seed).bytes(30)).toString('base64');
const keysIn = (sdp: string | undefined): readonly string[] => sdp?.match(/inline:\S+/g) ?? [];

/** An offer of the peer: from this port, with the key of this seed. */
const theirs = (port: number, seed: number, payloadType = 0, address = '10.0.1.1'): string =>
  [
    ...['v=0', 'o=- 9 1 IN IP4 10.0.1.1', 's=-', `c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} RTP/SAVP ${payloadType}`],
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${keyOf(seed)}`,
    '',
  ].join('\r\n');

/** A leg that talks with port 4000, with key 1; and our key as the peer knows it. */
async function talking() {
  const rig = new MediaRig();
  const random = seededRandom(3);
  const stream = await rig.open();
  const newSrtp = () => newLocalSrtp('required', random);
  const srtp = newSrtp();
  const { address, port } = stream.local;
  const offer = { address, port, sessionId: '7', version: 1, codecs: ['PCMU'], telephoneEvent: 101, ...(srtp && { srtp }) } as const;
  const media = new LegMedia(stream, offer, { newSrtp });
  const ours = keysIn(media.offered(theirs(4000, 1)));
  expect(ours).toHaveLength(1);
  const finish = async () => {
    await rig.media.close();
    expect([rig.clock.pendingTimers, rig.media.openStreams]).toEqual([0, 0]);
  };
  return { media, ours, finish };
}

describe('our keys for SRTP in the descriptions of one leg', () => {
  it.each([
    ['the same offer again', theirs(4000, 1)],
    ['another port with the same key', theirs(4002, 1)],
    ['another key from the same port', theirs(4000, 2)],
  ])('stay the same for %s: the device is the same', async (_, offer) => {
    const { media, ours, finish } = await talking();
    expect(keysIn(media.offered(offer))).toEqual(ours);
    await finish();
  });

  it('are new for a key that comes from another port, and stay so', async () => {
    const { media, ours, finish } = await talking();
    const renewed = keysIn(media.offered(theirs(4002, 2)));
    expect(renewed).toHaveLength(1);
    expect(renewed).not.toEqual(ours);
    expect(Buffer.from(media.agreed?.srtp?.send ?? []).toString('base64')).toBe(renewed[0]?.slice('inline:'.length));
    expect(keysIn(media.offered(theirs(4002, 2)))).toEqual(renewed);
    await finish();
  });

  it('are new for a key that comes from another address', async () => {
    const { media, ours, finish } = await talking();
    expect(keysIn(media.offered(theirs(4000, 2, 0, '10.0.1.2')))).not.toEqual(ours);
    await finish();
  });

  it('are new for another party, even one with the same key and port', async () => {
    const { media, ours, finish } = await talking();
    expect(keysIn(media.offered(theirs(4000, 1), true))).not.toEqual(ours);
    await finish();
  });

  it('stay in our own offers, and are new in one that may go to another party', async () => {
    const { media, ours, finish } = await talking();
    expect(keysIn(media.offer(true))).toContain(ours[0]);
    const renewed = keysIn(media.offerToAnother());
    expect(renewed).toHaveLength(3);
    expect(renewed).not.toContain(ours[0]);
    await finish();
  });

  it('stay when the offer of another party cannot be taken', async () => {
    const { media, ours, finish } = await talking();
    expect(media.offered(theirs(4002, 2, 3), true)).toBeUndefined();
    expect(keysIn(media.offered(theirs(4000, 1)))).toEqual(ours);
    expect(keysIn(media.offer())).toContain(ours[0]);
    await finish();
  });
});
