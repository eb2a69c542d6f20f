import { expect, it } from 'vitest';
import { type BadStream, badStream } from './bad-stream.ts';
import { badStreams } from './bad-streams.ts';
import type { TestIdentity } from './certificates.ts';
import { type CountedTelephony, countedTelephony, nothingLeft } from './counted-telephony.ts';
import type { StreamFaults } from './stream-flow.ts';

/** Over TLS: what our side and the network show, and who is trusted. */
export interface StreamSecurity {
  readonly identity: TestIdentity;
  readonly ca: string;
}

export interface StreamScene extends CountedTelephony {
  readonly stream: BadStream;
  readonly transport: 'tcp' | 'tls';
  /** Has something closed at the end, before it is counted what is left. */
  closing(close: () => Promise<void>): void;
}

export interface StreamCall {
  /** The first of our RTP ports in this file, of which each call has others. */
  readonly firstPort: number;
  /** Absent: over TCP. */
  readonly security?: StreamSecurity;
}

const MOST_MS = 60_000;
const RTP_PORTS = 10;

let scenes = 0;

/** Registers a call of ours with a real peer over TCP or TLS, once for each bad network. It must go as it would over a clean one. */
export function overBadStreams(name: string, call: StreamCall, play: (scene: StreamScene) => Promise<void>): void {
  for (const [network, faults] of Object.entries(badStreams))
    run(`${name}, over a connection that ${network}`, call, faults, async (scene) => {
      await play(scene);
      const { messages, writes } = scene.stream.counts;
      if (network === 'splits') expect(writes).toBeGreaterThan(10 * messages);
      else expect(messages).toBeGreaterThan(0);
    });
}

/** Registers one over a connection that `play` has end or stall. */
export function overEndingStream(name: string, call: StreamCall, play: (scene: StreamScene) => Promise<void>): void {
  run(name, call, {}, play);
}

function run(name: string, { firstPort, security }: StreamCall, faults: StreamFaults, play: (scene: StreamScene) => Promise<void>): void {
  const first = firstPort + RTP_PORTS * scenes++;
  it.concurrent(name, { timeout: MOST_MS }, async () => {
    const tls = security;
    const ours = await countedTelephony({ first, last: first + RTP_PORTS - 1 }, { streams: tls ?? 'tcp' });
    const stream = await badStream({ nearPort: tls ? ours.tlsPort : ours.sipPort, faults, tls: tls?.identity });
    const closers: (() => Promise<void>)[] = [];
    const close = async (): Promise<void> => {
      for (const one of closers.splice(0).reverse()) await one();
      await stream.close();
    };
    try {
      await play({ ...ours, stream, transport: tls ? 'tls' : 'tcp', closing: (one) => void closers.push(one) });
      // A connection that nothing has ended is kept, with its timers, for the next call.
      await close();
      expect(await ours.leftovers()).toEqual(nothingLeft);
      expect(stream.open).toBe(0);
    } finally {
      await close();
      await ours.close();
    }
  });
}
