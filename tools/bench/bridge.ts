import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { MediaStream } from '../../src/telephony/media/media-port.ts';
import { openDgramSocket } from '../../src/telephony/rtp/dgram-socket.ts';
import { type FarEnds, measureWithFarEnds } from './far-ends.ts';

const BRIDGES = 50;
const HOST = '127.0.0.1';
const PORTS = { first: 10_000, last: 19_999 };

/**
 * CPU of one bridged PCMU call and second, in ms: both sides of it, over real sockets, without signalling. The far ends run in another
 * process. One value per round, after one to warm up.
 */
export function measureBridge(rounds: number): Promise<number[]> {
  return measureBridges(rounds, async () => {});
}

/** The same. @param before runs before each round, with one stream of each call */
export async function measureBridges(
  rounds: number,
  before: (round: number, streams: readonly MediaStream[]) => Promise<void>,
  roundMs?: number,
): Promise<number[]> {
  let sides: readonly MediaStream[] = [];
  const media = new LocalMedia({
    clock: systemClock,
    random: systemRandom,
    host: HOST,
    portRange: PORTS,
    openSocket: openDgramSocket,
    maxStreams: 2 * BRIDGES,
  });
  try {
    const open = async (farPorts: readonly number[]): Promise<number[]> => {
      const streams = await Promise.all(farPorts.map(() => media.open()));
      streams.forEach((stream, index) => {
        const remote = { address: HOST, port: farPorts[index] ?? 0 };
        stream.start({ remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' });
        const other = streams[index - 1];
        if (index % 2 === 1 && other) stream.bridge(other);
      });
      sides = streams.filter((_, index) => index % 2 === 0);
      return streams.map(({ local }) => local.port);
    };
    return await measure(rounds, open, { before: (round) => before(round, sides), ...(roundMs !== undefined && { roundMs }) });
  } finally {
    await media.close();
  }
}

/** The same datagrams handed from socket to socket with nothing in between: what Node and the system take of a bridged call. */
export async function measureBareRelay(rounds: number): Promise<number[]> {
  const sockets = Array.from({ length: 2 * BRIDGES }, () => createSocket('udp4'));
  try {
    return await measure(rounds, (farPorts) =>
      Promise.all(
        sockets.map(async (socket, index) => {
          const other = sockets[index ^ 1];
          socket.bind(0, HOST);
          await once(socket, 'listening');
          socket.connect(farPorts[index] ?? 0, HOST);
          await once(socket, 'connect');
          socket.on('message', (bytes) => other?.send(bytes));
          return socket.address().port;
        }),
      ),
    );
  } finally {
    for (const socket of sockets) socket.close();
  }
}

async function measure(
  rounds: number,
  open: (farPorts: readonly number[]) => Promise<number[]>,
  more: Pick<FarEnds, 'before' | 'roundMs'> = {},
): Promise<number[]> {
  const values = await measureWithFarEnds(rounds, { count: 2 * BRIDGES, ...more }, open);
  return values.map((value) => value / BRIDGES);
}
