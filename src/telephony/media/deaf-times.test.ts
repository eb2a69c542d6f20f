import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';
import { seededRandom } from '../../kernel/random.ts';
import { SrtpProtect } from '../rtp/srtp-protect.ts';
import type { SrtpKeys } from '../rtp/srtp-suite.ts';
import { diagnose } from './diagnose.ts';
import type { AgreedMedia } from './media-port.ts';

const suite = 'AES_CM_128_HMAC_SHA1_80';
const keys: SrtpKeys = { suite, send: seededRandom(1).bytes(30), receive: seededRandom(2).bytes(30) };

/** A call of which 10 s are heard; then come 10 s of packets of another kind, and 10 s that are heard again unless it ends there. */
async function call(
  kind: 'unagreed' | 'refused' | 'unauthentic' | 'unencrypted' | 'none',
  goesOn: boolean,
  agreed: Partial<AgreedMedia> = {},
) {
  const isSecure = kind === 'unauthentic' || kind === 'unencrypted';
  const rig = new MediaRig();
  const stream = await rig.open();
  const socketAt = (address: string) => {
    const socket = rig.network.datagramSocket({ address, port: 4000 });
    socket.onReceive(() => {});
    return socket;
  };
  const [peer, stranger] = [socketAt('10.0.1.9'), socketAt('198.51.100.9')];
  stream.start({ remote: peer.local, codec: 'PCMU', payloadType: 0, direction: 'sendrecv', ...(isSecure && { srtp: keys }), ...agreed });
  stream.answered();
  const right = new SrtpProtect({ suite, keyAndSalt: keys.receive });
  const wrong = new SrtpProtect({ suite, keyAndSalt: seededRandom(3).bytes(30) });
  let sequence = 100;
  const speak = async (isHeard: boolean): Promise<void> => {
    for (let frame = 0; frame < 500; frame++) {
      const packet = new Uint8Array(172).fill(0x10);
      const ssrc = isHeard || kind !== 'refused' ? 7 : 8;
      const type = isHeard || kind !== 'unagreed' ? 0 : 18;
      packet.set([0x80, type, sequence >> 8, sequence, 0, 0, (sequence * 160) >> 8, sequence * 160, 0, 0, 0, ssrc]);
      sequence++;
      const isPlain = !isSecure || (!isHeard && kind === 'unencrypted');
      const bytes = isPlain ? packet : (isHeard ? right : wrong).protect(packet)?.slice();
      if (bytes && (isHeard || kind !== 'none')) (isHeard || kind !== 'refused' ? peer : stranger).send(bytes, stream.local);
      await rig.clock.advance(20);
    }
  };
  await speak(true);
  await speak(false);
  if (goesOn) await speak(true);
  const report = await stream.close();
  await rig.media.close();
  await rig.clock.advance(0);
  expect([rig.network.openPorts, rig.clock.pendingTimers]).toEqual([2, 0]);
  return diagnose(report).filter(({ problem }) => problem !== 'LossReceived' && problem !== 'PoorReceived');
}

describe('audio that comes and is not heard', () => {
  it.each([
    ['unauthentic', 'Unauthentic', /key/],
    ['unencrypted', 'Unencrypted', /in clear/],
    ['unagreed', 'UnagreedType', /payload type 18/],
    ['refused', 'RefusedSource', /from 198\.51\.100\.9:4000 instead of 10\.0\.1\.9:4000.*re-INVITE/],
  ] as const)('%s at the end and in the middle of a call has its own sentence', async (kind, problem, says) => {
    const atEnd = await call(kind, false);
    expect(atEnd).toEqual([{ problem, advice: expect.stringMatching(says) }]);
    expect(atEnd[0]?.advice).toMatch(/^In the last 10\.0 s of the call /);
    const inMiddle = await call(kind, true);
    expect(inMiddle).toEqual([{ problem, advice: expect.stringMatching(says) }]);
    expect(inMiddle[0]?.advice).toMatch(/^For 10\.0 s in the middle of the call /);
  });

  it('is told as the rule of the trunk when that is why it was not taken', async () => {
    const [finding] = await call('refused', false, { rtpSource: 'offered' });
    expect(finding?.problem).toBe('RefusedSource');
    expect(finding?.advice).toMatch(/rtpSource of the trunk is Offered.*set rtpSource to Latch/);
  });

  it('is told apart from audio that stopped', async () => {
    expect((await call('none', false)).map(({ problem }) => problem)).toEqual(['AudioStopped']);
    expect(await call('none', true)).toEqual([]);
  });
});

describe('a peer that never lets audio through', () => {
  it.each(['sendonly', 'inactive'] as const)('is told when the agreement says %s', async (direction) => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ direction });
    stream.answered();
    await rig.clock.advance(60_000);
    expect(diagnose(await stream.close())).toEqual([
      { problem: 'HeldThroughout', advice: expect.stringMatching(/60\.0 s.*recvonly or inactive.*sendrecv/) },
    ]);
    expect(peer.received.length > 0).toBe(direction === 'sendonly');
    await rig.media.close();
  });

  it('is not, when it is we who hold the call, when the hold is short, or when audio was let through before', async () => {
    const rig = new MediaRig();
    const ours = await rig.call({ direction: 'sendonly', weHold: true });
    const short = await rig.call({ direction: 'sendonly' });
    const before = await rig.call();
    for (const { stream } of [ours, short, before]) stream.answered();
    await before.peer.speak(before.stream.local, 1_000, 0x10);
    before.stream.start(agreedWith(before.peer, { direction: 'sendonly' }));
    await rig.clock.advance(3_900);
    expect(diagnose(await short.stream.close())).toEqual([]);
    await rig.clock.advance(30_000);
    for (const { stream } of [ours, before]) expect(diagnose(await stream.close())).toEqual([]);
    await rig.media.close();
  });
});
