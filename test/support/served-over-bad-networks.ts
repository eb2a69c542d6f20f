import { expect, it } from 'vitest';
import { type BadLine, badLine } from './bad-line.ts';
import { expectFaults } from './over-bad-networks.ts';
import type { RealServer } from './real-server.ts';
import { udpPortsClosed, udpPortsOf } from './udp-ports.ts';

export interface ServedScene {
  readonly server: RealServer;
  readonly network: string;
  readonly line: BadLine;
  /** Other than that of every scene of this file. */
  readonly number: number;
  /** Has something closed at the end, before the line. */
  closing(close: () => Promise<void>): void;
}

export interface ServedScenario {
  readonly server: () => RealServer;
  readonly networks: readonly string[];
  /** What the first network does follows from it, and that of the next from the next. */
  readonly seed: number;
  /** How many media ports the server has for it at the least. */
  readonly leastPorts: number;
  /** Where all of them are. Absent: 127.0.0.1. */
  readonly address?: '127.0.0.1' | '::1';
}

const MOST_MS = 100_000;
let scenes = 0;

/**
 * Registers what real peers behind a bad network do with a real server, once for each network. It must go as it would over a clean one;
 * afterwards no media port of it is open.
 */
export function servedOverBadNetworks(name: string, scenario: ServedScenario, play: (scene: ServedScene) => Promise<void>): void {
  const { networks, seed, leastPorts, address } = scenario;
  networks.forEach((network, index) => {
    scenes += 1;
    const number = scenes;
    it.concurrent(`${name}, over a network that ${network}`, { timeout: MOST_MS }, async () => {
      const server = scenario.server();
      const line = badLine(network, seed + index, address);
      const closers: (() => Promise<void>)[] = [];
      try {
        await play({ server, network, line, number, closing: (close) => void closers.push(close) });
        await portsClosed(server, line, leastPorts);
        expectFaults(network, line);
      } finally {
        for (const close of closers.reverse()) await close();
        await line.close();
      }
    });
  });
}

/** Of the ports that the calls had, none is open any more. */
async function portsClosed(server: RealServer, { nearMediaPorts }: BadLine, least: number): Promise<void> {
  expect(nearMediaPorts.length).toBeGreaterThanOrEqual(least);
  const { pid } = server.child.program;
  expect(await udpPortsOf(pid)).toContain(server.sip.port);
  await udpPortsClosed(pid, nearMediaPorts);
}
