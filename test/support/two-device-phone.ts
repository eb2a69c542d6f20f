import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { LegMedia } from '../../src/telephony/leg-media.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import { newLocalSrtp } from '../../src/telephony/sdp/srtp-offer.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { type callWorld, PHONE } from './call-world.ts';

/** A phone that takes calls with SRTP on one device, and has another one with keys and a port of its own to go on with. */
export async function twoDevicePhone({ clock, network }: ReturnType<typeof callWorld>) {
  const media = new LocalMedia({
    clock,
    random: seededRandom(41),
    host: PHONE,
    portRange: { first: 30_000, last: 30_009 },
    openSocket: (local) => network.datagramSocket(local),
    maxStreams: 2,
  });
  const device = async (seed: number, version: number) => {
    const stream = await media.open();
    const srtp = newLocalSrtp('required', seededRandom(seed));
    const { address, port } = stream.local;
    const offer = { address, port, sessionId: '7', version, codecs: ['PCMU'] as const, telephoneEvent: 101 };
    return { stream, side: new LegMedia(stream, { ...offer, ...(srtp && { srtp }) }) };
  };
  const [first, second] = [await device(42, 1), await device(44, 2)];
  const dialogs: Dialog[] = [];
  const agent = new UserAgent({
    wires: [network.wire('udp', { address: PHONE, port: 5060 })],
    clock,
    random: seededRandom(43),
    log: silentLogger,
    product: 'phone',
    onInvite: (invite) => void invite.answer(first.side.offered(invite.sdp ?? '') ?? '').then((dialog) => dialogs.push(dialog)),
  });
  return {
    before: first.stream,
    first: first.side,
    after: second.stream,
    second: second.side,
    agent,
    dialogs,
    /** Answers what was seen of the second device. */
    async close() {
      const heard = await second.stream.close();
      await agent.close();
      await media.close();
      return heard;
    },
  };
}
