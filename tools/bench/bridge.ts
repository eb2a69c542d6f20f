import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import { openDgramSocket } from '../../src/telephony/rtp/dgram-socket.ts';

const BRIDGES = 50;
const ROUND_MS = 4000;
const HOST = '127.0.0.1';
const PORTS = { first: 10_000, last: 19_999 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * CPU of one bridged PCMU call and second, in ms: both sides of it, over real sockets, without signalling. The far ends run in another
 * process. One value per round, after one to warm up.
 */
export async function measureBridge(rounds: number): Promise<number[]> {
  const peers = fork(fileURLToPath(new URL('bridge-peers.ts', import.meta.url)));
  const media = new LocalMedia({
    clock: systemClock,
    random: systemRandom,
    host: HOST,
    portRange: PORTS,
    openSocket: openDgramSocket,
    maxStreams: 2 * BRIDGES,
  });
  try {
    const ports = numbers(await ask(peers, { open: 2 * BRIDGES }), 'ports');
    const streams = await Promise.all(ports.map(() => media.open()));
    streams.forEach((stream, index) => {
      const remote = { address: HOST, port: ports[index] ?? 0 };
      stream.start({ remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' });
      const before = streams[index - 1];
      if (index % 2 === 1 && before) stream.bridge(before);
    });
    peers.send({ to: streams.map(({ local }) => local.port) });
    const values: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const [receivedBefore = 0] = numbers(await ask(peers, 'count'), 'received');
      const before = process.cpuUsage();
      const startMs = performance.now();
      await pause(ROUND_MS);
      const { user, system } = process.cpuUsage(before);
      const seconds = (performance.now() - startMs) / 1000;
      const [receivedAfter = 0] = numbers(await ask(peers, 'count'), 'received');
      const expected = 2 * BRIDGES * 50 * seconds;
      if (receivedAfter - receivedBefore < expected * 0.95) throw new Error('The far ends did not hear each other');
      if (round > 0) values.push((user + system) / 1000 / seconds / BRIDGES);
    }
    return values;
  } finally {
    peers.kill();
    await media.close();
  }
}

async function ask(peers: ChildProcess, question: object | string): Promise<unknown> {
  peers.send(question);
  const [answer]: unknown[] = await once(peers, 'message');
  return answer;
}

function numbers(answer: unknown, member: string): number[] {
  const value: unknown = Reflect.get(Object(answer), member);
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'number');
}
