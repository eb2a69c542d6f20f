import { expect } from 'vitest';
import type { Endpoint, WireKind } from '../../src/wire/wire.ts';
import { badNetworks } from './bad-networks.ts';
import { badStream } from './bad-stream.ts';
import { badStreams } from './bad-streams.ts';
import { comesOnce } from './comes-once.ts';
import { lossyRelay, type Passage } from './lossy-relay.ts';
import { lostForGood } from './lost-for-good.ts';
import { factsOf } from './message-facts.ts';
import { type Scenario, sippCaller } from './sipp.ts';

/** How sipp reaches a server. */
export interface Way {
  readonly transport: WireKind;
  /** A bad network; absent: a clean one. */
  readonly network?: string;
}

/** Every way, as rows of a table of tests. */
export const ways: readonly (readonly [string, Way])[] = [
  ['udp', { transport: 'udp' }],
  ['tcp', { transport: 'tcp' }],
  ...Object.keys(badNetworks).map((network) => [`udp that ${network}`, { transport: 'udp', network }] as const),
  ...Object.keys(badStreams).map((network) => [`tcp that ${network}`, { transport: 'tcp', network }] as const),
];

/** sipp takes what is not next in its scenario, and has patience: what a network loses comes again by the timers of the server. */
export const PATIENT = ['-default_behaviors', 'none'];

/** Of a call. */
const LEAST_MESSAGES = 4;

/** What comes once only: a provisional response, and with its last message, the answer to our BYE, sipp is gone. */
function isSpared(from: Passage['from'], message: string): boolean {
  const { status, method } = factsOf(message);
  return comesOnce(message, false, from === 'near') || (from === 'far' && method === 'BYE' && status !== undefined);
}

/**
 * Has sipp call the whole server, which must go as the scenario says over every network: what is lost comes again. `seed` decides what a
 * network does. Afterwards nothing is lost for good that the server had to send again.
 */
export async function sippCallsServer(scenario: Scenario, server: Endpoint, number: string, way: Way, seed: number): Promise<void> {
  const line = await lineTo(server, way, seed);
  try {
    const options = way.network === undefined ? [] : PATIENT;
    const sipp = await sippCaller(scenario, way.transport, line.at, number, options);
    line.setFar(sipp.local.port);
    try {
      expect(await sipp.done).toBe('');
      line.check();
    } finally {
      await sipp.stop();
    }
  } finally {
    await line.close();
  }
}

/** What stands between a server and sipp. */
interface Line {
  /** Where sipp reaches the server. */
  readonly at: Endpoint;
  /** Where the server reaches sipp; undefined: at its own port. */
  readonly atServer?: Endpoint;
  setFar(port: number): void;
  /** The network has done what it is there for, and the server has sent again what was lost. */
  check(leastMessages?: number): void;
  close(): Promise<void>;
}

export async function lineTo(server: Endpoint, { transport, network }: Way, seed: number): Promise<Line> {
  if (network === undefined) return { at: server, setFar: () => {}, check: () => {}, close: async () => {} };
  if (transport !== 'udp') {
    const stream = await badStream({ nearPort: server.port, faults: badStreams[network] ?? {} });
    return {
      at: stream.forFar,
      atServer: stream.forNear,
      setFar: (port) => stream.setFar(port),
      check: (leastMessages = LEAST_MESSAGES) => expect(stream.counts.messages).toBeGreaterThanOrEqual(leastMessages),
      close: () => stream.close(),
    };
  }
  const relay = await lossyRelay(server.port, badNetworks[network] ?? {}, seed, isSpared, server.address);
  return {
    at: relay.forFar,
    atServer: relay.forNear,
    setFar: relay.setFar,
    check: (leastMessages = LEAST_MESSAGES) => {
      expect(relay.passages.length).toBeGreaterThanOrEqual(leastMessages);
      expect(relay.passages.some(({ isLost }) => isLost)).toBe(network === 'loses');
      expect(lostForGood(relay.passages).byUs).toEqual([]);
    },
    close: relay.close,
  };
}
