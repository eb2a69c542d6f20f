import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import { openDgramSocket } from '../../src/telephony/rtp/dgram-socket.ts';
import { measureWithFarEnds } from './far-ends.ts';

const MEMBERS = 50;
const HOST = '127.0.0.1';
const PORTS = { first: 10_000, last: 19_999 };

/**
 * CPU of one member of a conference and second, in ms, with 50 in one room of one thread over real sockets, without signalling. All send PCMU all
 * the time, and `speaking` of them speak.
 */
export async function measureConference(rounds: number, speaking: number): Promise<number[]> {
  const media = new LocalMedia({
    clock: systemClock,
    random: systemRandom,
    host: HOST,
    portRange: PORTS,
    openSocket: openDgramSocket,
    maxStreams: MEMBERS,
  });
  try {
    const room = media.openRoom();
    const values = await measureWithFarEnds(rounds, { count: MEMBERS, speaking }, async (farPorts) => {
      const streams = await Promise.all(farPorts.map(() => media.open()));
      streams.forEach((stream, index) => {
        const remote = { address: HOST, port: farPorts[index] ?? 0 };
        stream.start({ remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' });
        stream.joinRoom(room, false);
      });
      return streams.map(({ local }) => local.port);
    });
    return values.map((value) => value / MEMBERS);
  } finally {
    await media.close();
  }
}
