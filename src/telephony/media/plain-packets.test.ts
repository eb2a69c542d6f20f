import { describe, expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';
import { seededRandom } from '../../kernel/random.ts';
import { writeRtpHeader } from '../rtp/packet.ts';
import { SrtpProtect } from '../rtp/srtp-protect.ts';
import { type SrtpSuite, srtpSuites } from '../rtp/srtp-suite.ts';
import { diagnose } from './diagnose.ts';
import type { AgreedMedia, AudioCodec } from './media-port.ts';
import { masterBytes } from './media-port.ts';
import { PlainPackets } from './plain-packets.ts';

const suites = Object.keys(srtpSuites) as SrtpSuite[];
const codecs: readonly (readonly [AudioCodec, number, number])[] = [
  ['PCMU', 0, 160],
  ['PCMA', 8, 240],
  ['G722', 9, 80],
  ['opus', 111, 0],
];

describe('packets that an encrypted call does not take', () => {
  const cases = suites.flatMap((suite) => codecs.map((codec) => [suite, ...codec] as const));

  it.each(cases)('are told apart, in clear or of another key: %s, %s', async (suite, codec, payloadType, length) => {
    const random = seededRandom(3);
    const [send, receive, wrong] = [1, 2, 3].map(() => random.bytes(masterBytes(suite)));
    if (!send || !receive || !wrong) throw new Error('No keys');
    const agreed = { codec, payloadType, srtp: { suite, send, receive } } satisfies Partial<AgreedMedia>;
    const forge = new SrtpProtect({ suite, keyAndSalt: wrong });
    for (const isClear of [true, false]) {
      const rig = new MediaRig();
      const stream = await rig.open();
      const peer = rig.network.datagramSocket({ address: '10.0.1.77', port: 4000 });
      stream.start({ remote: peer.local, telephoneEvent: 101, direction: 'sendrecv', ...agreed });
      for (let sequence = 0; sequence < 300; sequence++) {
        const isEvent = sequence % 10 === 9;
        const payload = random.bytes(isEvent ? 4 : length || 20 + random.below(60));
        if (codec === 'opus' && !isEvent) payload[0] = 0x48;
        const packet = new Uint8Array(12 + payload.length);
        writeRtpHeader(packet, false, isEvent ? 101 : payloadType, sequence, sequence * 160, 7);
        packet.set(payload, 12);
        peer.send(isClear ? packet : (forge.protect(packet)?.slice() ?? packet), stream.local);
        await rig.clock.advance(20);
      }
      const report = await stream.close();
      const { unencrypted = 0, unauthentic = 0 } = report;
      expect(unencrypted + unauthentic).toBe(300);
      // Of Opus one in 256 begins by chance as the one before.
      expect(isClear ? unauthentic : unencrypted).toBeLessThanOrEqual(codec === 'opus' ? 4 : 0);
      expect(diagnose(report).map(({ problem }) => problem)).toEqual([isClear ? 'Unencrypted' : 'Unauthentic']);
    }
  });

  it('are told apart by what each type holds in clear: comfort noise, Opus of one source, and nothing of types that were not agreed', () => {
    const agreed = { remote: { address: '10.0.1.77', port: 4000 }, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' } as const;
    const packetOf = (payloadType: number, length: number, ssrc = 7): Uint8Array => {
      const packet = new Uint8Array(12 + length).fill(0x48);
      writeRtpHeader(packet, false, payloadType, 1, 160, ssrc);
      return packet;
    };
    const plain = new PlainPackets();
    expect([1, 11].map((length) => plain.refused(packetOf(13, length), agreed))).toEqual([true, false]);
    expect(plain.refused(packetOf(18, 160), agreed)).toBe(false);
    const opus = { ...agreed, codec: 'opus', payloadType: 111 } as const;
    expect([7, 8, 8].map((ssrc) => plain.refused(packetOf(111, 60, ssrc), opus))).toEqual([false, false, true]);
    expect(plain.count).toBe(2);
  });

  it('are counted when they are reports, too', async () => {
    const rig = new MediaRig();
    const stream = await rig.open();
    const peer = rig.peer();
    const suite = 'AES_CM_128_HMAC_SHA1_80';
    const [send, receive] = [seededRandom(1).bytes(30), seededRandom(2).bytes(30)];
    stream.start(agreedWith(peer, { rtcp: peer.endpoint, srtp: { suite, send, receive } }));
    const socket = rig.network.datagramSocket({ address: '10.0.1.78', port: 4000 });
    const report = Uint8Array.of(0x80, 201, 0, 1, 0x12, 0x34, 0x56, 0x78);
    socket.send(report, stream.local);
    socket.send(new SrtpProtect({ suite, keyAndSalt: seededRandom(3).bytes(30) }).protect(report)?.slice() ?? report, stream.local);
    await rig.clock.advance(20);
    expect(await stream.close()).toMatchObject({ unencrypted: 1, unauthentic: 1 });
  });
});
