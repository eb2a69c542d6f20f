import { expect, it } from 'vitest';
import type { MediaReport } from '../../src/telephony/port.ts';
import { type BadLine, badLine } from './bad-line.ts';
import { badNetworks } from './bad-networks.ts';
import { type CountedTelephony, countedTelephony, nothingLeft } from './counted-telephony.ts';

export interface LineScene extends CountedTelephony {
  readonly network: string;
  readonly line: BadLine;
  /** Has something closed at the end, before the line. */
  closing(close: () => Promise<void>): void;
}

const MOST_MS = 60_000;
const RTP_PORTS = 40;
/** Packets of a call that come before it is answered, or after it is hung up. */
const AT_THE_ENDS = 20;

/**
 * Registers a call of ours with a real peer behind a bad network, once for each network. It must go as it would over a clean one; afterwards
 * nothing is left of it. `firstPort` is the first of our RTP ports, of which each network has others.
 */
export function overBadNetworks(name: string, firstPort: number, play: (scene: LineScene) => Promise<void>): void {
  Object.keys(badNetworks).forEach((network, index) => {
    it.concurrent(`${name}, over a network that ${network}`, { timeout: MOST_MS }, async () => {
      const first = firstPort + index * RTP_PORTS;
      const ours = await countedTelephony({ first, last: first + RTP_PORTS - 1 });
      const line = badLine(network, index + 1);
      const closers: (() => Promise<void>)[] = [];
      try {
        await play({ ...ours, network, line, closing: (close) => void closers.push(close) });
        expect(await ours.leftovers()).toEqual(nothingLeft);
        expectFaults(network, line);
      } finally {
        for (const close of closers.reverse()) await close();
        await ours.close();
        await line.close();
      }
    });
  });
}

/** The network has done what it is there for. */
export function expectFaults(network: string, { sip, rebound }: BadLine): void {
  expect(sip.passed).toBeGreaterThan(0);
  const done: Readonly<Record<string, number>> = {
    loses: sip.lost,
    doubles: sip.doubled,
    delays: sip.delayed,
    reorders: sip.delayed,
    rebinds: rebound,
  };
  expect(done[network]).toBeGreaterThan(0);
}

/**
 * Each packet of SRTP that came twice was refused once, as a replay (RFC 3711 section 3.3.2), and nothing else was; of those at the ends of the call
 * nobody looks at some.
 */
export function expectReplaysRefused(
  network: string,
  { repeatedToNear }: BadLine,
  { unauthentic = 0, unencrypted = 0 }: Pick<MediaReport, 'unauthentic' | 'unencrypted'>,
): void {
  // One of Opus may look like one in clear.
  const refused = unauthentic + unencrypted;
  expect(refused).toBeLessThanOrEqual(repeatedToNear);
  expect(refused).toBeGreaterThanOrEqual(repeatedToNear - AT_THE_ENDS);
  if (network === 'doubles') expect(repeatedToNear).toBeGreaterThan(5 * AT_THE_ENDS);
}

let turn: Promise<unknown> = Promise.resolve();

/** Starts peers one after the other: each looks for ports that are free. */
export function inTurn<Peer>(start: () => Promise<Peer>): Promise<Peer> {
  const started = turn.then(start, start);
  turn = started.catch(() => {});
  return started;
}
