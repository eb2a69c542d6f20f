import type { RelayFaults } from './line-faults.ts';

/** What networks do to SIP, by what a network does. What one loses, repetition brings in a second. */
export const badNetworks: Readonly<Record<string, RelayFaults>> = {
  loses: { loses: 25 },
  doubles: { doubles: 60 },
  delays: { delays: 100, leastDelayMs: 40, mostDelayMs: 40 },
  reorders: { delays: 40, leastDelayMs: 5, mostDelayMs: 80 },
  rebinds: { rebindsEvery: 2 },
};

/** What the same networks do to RTP, of which nothing is repeated. */
export const badForMedia: Readonly<Record<string, RelayFaults>> = { ...badNetworks, loses: { loses: 5 }, rebinds: {} };
