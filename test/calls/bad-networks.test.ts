import { describe, expect, it } from 'vitest';
import type { WorldOptions } from '../support/call-world.ts';
import { type Kind, kindsOfCalls } from '../support/kinds-of-calls.ts';
import { RebindingNat } from '../support/rebinding-nat.ts';

// Calls of several parties, in virtual time, over networks that lose, double, delay, reorder and rebind; the kinds of the soak are of one.

const SEEDS = [1, 2, 3, 4, 5, 6];

interface BadNetwork {
  readonly options: () => Partial<WorldOptions>;
  /** How many must end as they should; the others have to say that they were lost. */
  readonly leastPercent: number;
}

const networks: Readonly<Record<string, BadNetwork>> = {
  'a third comes twice': { options: () => ({ faults: { duplicatePercent: 33 } }), leastPercent: 100 },
  'all is late': { options: () => ({ faults: { delayMs: { min: 150, max: 150 } } }), leastPercent: 100 },
  'much is out of order': { options: () => ({ faults: { duplicatePercent: 5, delayMs: { min: 0, max: 120 } } }), leastPercent: 100 },
  'a tenth is lost': { options: () => ({ faults: { lossPercent: 10, delayMs: { min: 0, max: 40 } } }), leastPercent: 80 },
  'a third is lost': { options: () => ({ faults: { lossPercent: 33, delayMs: { min: 0, max: 40 } } }), leastPercent: 60 },
  'a NAT before the phones of the trunk forgets': {
    options: () => ({ faults: { nat: new RebindingNat('10.0.0.2', '192.0.2.1', 12), delayMs: { min: 0, max: 20 } }, phoneAt: '192.0.2.1' }),
    leastPercent: 100,
  },
};

/** What a call may come to when too much of it was lost. */
const lost = ['lost', 'NoAnswer', 'Failed', 'Unreachable', 'failed', 'refused', 'CalleeHungUp', 'CallerHungUp', 'Completed'];

async function outcomes(make: Kind, { options }: BadNetwork): Promise<readonly (string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for (const seed of SEEDS) all.push(...(await make({ ...options(), networkSeed: seed })));
  return all;
}

describe.each(Object.entries(networks))('calls over a network where %s', (_network, network) => {
  it.each(Object.entries(kindsOfCalls))('%s: each ends as it must, and nothing is left', { timeout: 60_000 }, async (_kind, one) => {
    const all = await outcomes(one.make, network);
    for (const outcome of all) expect([one.outcome, ...lost]).toContain(outcome);
    const right = all.filter((outcome) => outcome === one.outcome).length;
    expect((right / all.length) * 100, JSON.stringify(all)).toBeGreaterThanOrEqual(network.leastPercent);
  });
});
