import { describe, expect, it } from 'vitest';
import { MediaRig } from '../../test/support/media-rig.ts';
import { seededRandom } from '../kernel/random.ts';
import { LegMedia } from './leg-media.ts';
import type { Offer } from './sdp/negotiate.ts';
import { newLocalSrtp, type SrtpPolicy } from './sdp/srtp-offer.ts';

const KEY = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}`;

/** A description of the peer. */
function theirs({ formats = '0', address = '10.0.1.1', port = 4000, protocol = 'RTP/AVP', lines = [] as readonly string[] } = {}): string {
  const family = address.includes(':') ? 6 : 4;
  const session = ['v=0', 'o=- 9 1 IN IP4 10.0.1.1', 's=-', `c=IN IP${family} ${address}`, 't=0 0'];
  return [...session, `m=audio ${port} ${protocol} ${formats}`, ...lines, ''].join('\r\n');
}

/** A leg that has agreed on nothing yet. */
async function newLeg(more: Partial<Offer> = {}, policy: SrtpPolicy = 'off') {
  const rig = new MediaRig();
  const stream = await rig.open();
  const srtp = newLocalSrtp(policy, seededRandom(3));
  const { address, port } = stream.local;
  const local = { address, port, sessionId: '7', version: 1, codecs: ['PCMU', 'PCMA'], telephoneEvent: 101 } as const;
  const media = new LegMedia(stream, { ...local, ...(srtp && { srtp }), ...more });
  const finish = async () => {
    await rig.media.close();
    expect([rig.clock.pendingTimers, rig.media.openStreams]).toEqual([0, 0]);
  };
  return { media, finish };
}

const line = (sdp: string | undefined, start: string): string | undefined => sdp?.split('\r\n').find((other) => other.startsWith(start));
/** The version in the o= line. */
const versionOf = (sdp: string | undefined): number => Number(line(sdp, 'o=')?.split(' ')[2]);
const directionOf = (sdp: string | undefined): string | undefined => /a=(sendrecv|sendonly|recvonly|inactive)/.exec(sdp ?? '')?.[1];
const connectionOf = (sdp: string | undefined): string | undefined => line(sdp, 'c=');

describe('the version of our description', () => {
  it('goes up by one with each that differs, and with no other, and back to an older one too', async () => {
    const { media, finish } = await newLeg();
    const first = media.offer();
    expect(media.offer()).toBe(first);
    expect(media.answered(theirs())).toBe(true);
    const held = media.offer(true);
    expect(media.offer(true)).toBe(held);
    const resumed = media.offer(false);
    expect([first, held, resumed].map(versionOf)).toEqual([1, 2, 3]);
    await finish();
  });

  it('goes up in answers and in offers alike, also when an answer turns to the other family', async () => {
    const { media, finish } = await newLeg({ otherAddress: '2001:db8::1' });
    const answer = media.offered(theirs());
    expect(media.offered(theirs())).toBe(answer);
    const held = media.offered(theirs({ lines: ['a=sendonly'] }));
    const moved = media.offered(theirs({ address: '2001:db8::9', lines: ['a=sendonly'] }));
    const offer = media.offer();
    expect([answer, held, moved, offer].map(versionOf)).toEqual([1, 2, 3, 4]);
    expect([moved, offer].map(connectionOf)).toEqual(['c=IN IP6 2001:db8::1', 'c=IN IP6 2001:db8::1']);
    await finish();
  });

  it('stays when an offer is refused', async () => {
    const { media, finish } = await newLeg();
    const answer = media.offered(theirs());
    expect(media.offered(theirs({ formats: '3' }))).toBeUndefined();
    expect(media.offered(theirs())).toBe(answer);
    expect(versionOf(media.offered(theirs({ formats: '8' })))).toBe(2);
    await finish();
  });
});

describe('a call that we hold', () => {
  it('is held once the peer has agreed, and stays so in answers and later offers', async () => {
    const { media, finish } = await newLeg();
    media.offered(theirs());
    expect(directionOf(media.offer(true))).toBe('sendonly');
    expect(media.answered(theirs({ lines: ['a=recvonly'] }))).toBe(true);
    expect(media.agreed?.direction).toBe('sendonly');
    expect(directionOf(media.offered(theirs()))).toBe('sendonly');
    expect(directionOf(media.offer())).toBe('sendonly');
    expect(directionOf(media.offer(false))).toBe('sendrecv');
    await finish();
  });

  it('is not held while our offer has no answer, or one that cannot be taken', async () => {
    const { media, finish } = await newLeg();
    media.offered(theirs());
    media.offer(true);
    expect(directionOf(media.offered(theirs()))).toBe('sendrecv');
    media.offer(true);
    expect(media.answered(theirs({ formats: '3' }))).toBe(false);
    expect(media.agreed?.direction).toBe('sendrecv');
    expect(directionOf(media.offer())).toBe('sendrecv');
    await finish();
  });

  it('goes on when the peer agrees to its end', async () => {
    const { media, finish } = await newLeg();
    media.offered(theirs());
    media.offer(true);
    media.answered(theirs({ lines: ['a=recvonly'] }));
    media.offer(false);
    expect(media.answered(theirs())).toBe(true);
    expect(directionOf(media.offered(theirs()))).toBe('sendrecv');
    await finish();
  });
});

describe('our address', () => {
  it('goes to the other family and back with the peer, and not with an offer that is refused', async () => {
    const { media, finish } = await newLeg({ otherAddress: '2001:db8::1' });
    const four = connectionOf(media.offered(theirs()));
    expect(connectionOf(media.offered(theirs({ address: '2001:db8::9' })))).toBe('c=IN IP6 2001:db8::1');
    expect(media.address).toBe('2001:db8::1');
    expect(media.offered(theirs({ formats: '3' }))).toBeUndefined();
    expect(media.address).toBe('2001:db8::1');
    expect(connectionOf(media.offered(theirs()))).toBe(four);
    await finish();
  });

  it('follows the answer to our offer', async () => {
    const { media, finish } = await newLeg({ otherAddress: '2001:db8::1' });
    media.offer();
    expect(media.answered(theirs({ address: '2001:db8::9' }))).toBe(true);
    expect(connectionOf(media.offer())).toBe('c=IN IP6 2001:db8::1');
    await finish();
  });
});

describe('a call with SRTP that may be left out', () => {
  const secure = { protocol: 'RTP/SAVP', lines: [KEY] };

  it('is encrypted or in clear, as the answer says', async () => {
    for (const lines of [[KEY], []]) {
      const { media, finish } = await newLeg({}, 'optional');
      media.offer();
      expect(media.answered(theirs({ lines }))).toBe(true);
      expect(media.agreed?.srtp !== undefined).toBe(lines.length > 0);
      await finish();
    }
  });

  it('stays encrypted once it is: neither an offer nor an answer makes it fall back', async () => {
    const { media, finish } = await newLeg({}, 'optional');
    expect(media.offered(theirs(secure))).toBeDefined();
    const { agreed } = media;
    expect(media.offered(theirs())).toBeUndefined();
    media.offer();
    expect(media.answered(theirs())).toBe(false);
    expect(media.agreed).toBe(agreed);
    await finish();
  });

  it('may become encrypted later', async () => {
    const { media, finish } = await newLeg({}, 'optional');
    media.offered(theirs());
    expect(media.offered(theirs(secure))).toContain('RTP/SAVP');
    expect(media.agreed?.srtp).toBeDefined();
    await finish();
  });

  it('is offered again as RTP/SAVP only before anything was agreed on', async () => {
    const { media, finish } = await newLeg({}, 'optional');
    expect(line(media.offer(), 'm=')).toContain(' RTP/AVP ');
    expect(line(media.secureOffer(), 'm=')).toContain(' RTP/SAVP ');
    expect(media.secureOffer()).toBeUndefined();
    await finish();
    const other = await newLeg({}, 'optional');
    other.media.offered(theirs());
    expect(other.media.secureOffer()).toBeUndefined();
    await other.finish();
  });
});
