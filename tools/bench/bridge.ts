import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { MediaStream, SrtpKeys } from '../../src/telephony/media/media-port.ts';
import { openDgramSocket } from '../../src/telephony/rtp/dgram-socket.ts';
import { farEndKeys, isEncrypted } from './far-end-keys.ts';
import { type FarEnds, measureWithFarEnds, type OpenTowards } from './far-ends.ts';

export const BRIDGES = 50;
const HOST = '127.0.0.1';
const PORTS = { first: 10_000, last: 19_999 };

/**
 * CPU of one bridged PCMU call and second, in ms: both sides of it, over real sockets, without signalling. The far ends run in another
 * process. One value per round, after one to warm up.
 */
export function measureBridge(rounds: number): Promise<number[]> {
  return measureBridges(rounds, {});
}

export interface BridgeRounds extends Pick<FarEnds, 'roundMs' | 'encryptedLegs'> {
  /** Runs before each round, with one stream of each call. */
  readonly before?: (round: number, streams: readonly MediaStream[]) => Promise<void>;
}

/** The same, with more to it. */
export async function measureBridges(rounds: number, { before, ...more }: BridgeRounds): Promise<number[]> {
  let streams: readonly MediaStream[] = [];
  const media = new LocalMedia({
    clock: systemClock,
    random: systemRandom,
    host: HOST,
    portRange: PORTS,
    openSocket: openDgramSocket,
    maxStreams: 2 * BRIDGES,
  });
  try {
    const open: OpenTowards = async (farPorts, encryptedLegs) => {
      await Promise.all(streams.map((stream) => stream.close()));
      streams = await Promise.all(farPorts.map(() => media.open()));
      streams.forEach((stream, index) => {
        const remote = { address: HOST, port: farPorts[index] ?? 0 };
        const srtp = isEncrypted(index, encryptedLegs) ? { srtp: keysTowards(index) } : {};
        stream.start({ remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv', ...srtp });
        const other = streams[index - 1];
        if (index % 2 === 1 && other) stream.bridge(other);
      });
      return streams.map(({ local }) => local.port);
    };
    const begin = async (round: number): Promise<void> => {
      const sides = streams.filter((_, index) => index % 2 === 0);
      await before?.(round, sides);
    };
    return await measure(rounds, open, { before: begin, ...more });
  } finally {
    await media.close();
  }
}

function keysTowards(farEnd: number): SrtpKeys {
  const { sends, isSent } = farEndKeys(farEnd);
  return { suite: sends.suite, send: isSent.keyAndSalt, receive: sends.keyAndSalt };
}

/** The same datagrams handed from socket to socket with nothing in between: what Node and the system take of a bridged call. */
export function measureBareRelay(rounds: number): Promise<number[]> {
  return measureBareRelays(rounds, {});
}

export interface BareRounds extends Pick<FarEnds, 'before' | 'roundMs'> {
  /** Is handed each packet, with the number of its socket: those of a call are 2n and 2n + 1. */
  readonly heard?: (index: number, packet: Uint8Array) => void;
}

/** The same, with more to it. */
export async function measureBareRelays(rounds: number, { heard, ...more }: BareRounds): Promise<number[]> {
  const sockets = Array.from({ length: 2 * BRIDGES }, () => createSocket('udp4'));
  try {
    return await measure(
      rounds,
      (farPorts) =>
        Promise.all(
          sockets.map(async (socket, index) => {
            const other = sockets[index ^ 1];
            socket.bind(0, HOST);
            await once(socket, 'listening');
            socket.connect(farPorts[index] ?? 0, HOST);
            await once(socket, 'connect');
            socket.on('message', (bytes) => {
              other?.send(bytes);
              heard?.(index, bytes);
            });
            return socket.address().port;
          }),
        ),
      more,
    );
  } finally {
    for (const socket of sockets) socket.close();
  }
}

async function measure(
  rounds: number,
  open: OpenTowards,
  more: Pick<FarEnds, 'before' | 'roundMs' | 'encryptedLegs'> = {},
): Promise<number[]> {
  const values = await measureWithFarEnds(rounds, { count: 2 * BRIDGES, ...more }, open);
  return values.map((value) => value / BRIDGES);
}
