import { describe, expect, it } from 'vitest';
import { nothingLeft, type WorldOptions } from '../support/call-world.ts';
import { kindsOfCalls, moreKindsOfCalls } from '../support/kinds-of-calls.ts';
import { LossLog } from '../support/loss-log.ts';
import { bothBehindNat, deskBehindNat, trunkBehindNat } from '../support/worlds-behind-nat.ts';

// Calls of several parties, in virtual time, over networks that lose, double, delay, reorder and rebind.

const SEEDS = [1, 2, 3, 4, 5, 6];

interface BadNetwork {
  readonly options: () => Partial<WorldOptions>;
  /** Of all datagrams; 0 if absent. */
  readonly lossPercent?: number;
  /** Absent: all. */
  readonly kinds?: readonly string[];
}

const kinds = { ...kindsOfCalls, ...moreKindsOfCalls };
/** In these the phone at the desk says itself where it is. */
const ofDesk = ['a phone registers, is called and leaves', 'the phone of a user calls'];

const networks: Readonly<Record<string, BadNetwork>> = {
  'a third comes twice': { options: () => ({ faults: { duplicatePercent: 33 } }) },
  'all is late': { options: () => ({ faults: { delayMs: { min: 150, max: 150 } } }) },
  'much is out of order': { options: () => ({ faults: { duplicatePercent: 5, delayMs: { min: 0, max: 120 } } }) },
  'a tenth is lost': { options: () => ({ faults: { delayMs: { min: 0, max: 40 } } }), lossPercent: 10 },
  'a third is lost': { options: () => ({ faults: { delayMs: { min: 0, max: 40 } } }), lossPercent: 33 },
  'a NAT before the phones of the trunk forgets': {
    options: trunkBehindNat,
  },
  'a NAT before the phone at the desk forgets': { options: deskBehindNat, kinds: ofDesk },
  'a NAT before each of them forgets': { options: bothBehindNat, kinds: ofDesk },
};

describe.each(Object.entries(networks))(
  'calls over a network where %s',
  (_network, { options, lossPercent = 0, kinds: names = Object.keys(kinds) }) => {
    it.each(Object.entries(kinds).filter(([name]) => names.includes(name)))(
      '%s: each ends as it must, save where what says so was lost for good, and nothing is left',
      { timeout: 60_000 },
      async (_kind, one) => {
        let right = 0;
        for (const seed of SEEDS) {
          const log = new LossLog(lossPercent, seed);
          const world = await one.open({ ...options(), networkSeed: seed, filter: log.filter });
          const outcomes = await world.call();
          expect(await world.left()).toEqual({ ...nothingLeft, files: 0 });
          expect(await world.close()).toEqual(nothingLeft);
          expect(outcomes.length).toBeGreaterThan(0);
          const others = outcomes.filter((outcome) => outcome !== one.outcome);
          const unexplained = others.filter((outcome) => one.unless?.[outcome ?? '']?.(log) !== true);
          expect(unexplained, `seed ${seed}`).toEqual([]);
          if (others.length === 0) right++;
        }
        // Even what may be lost for good is lost seldom.
        expect(right).toBeGreaterThanOrEqual(lossPercent === 0 ? SEEDS.length : SEEDS.length / 2);
      },
    );
  },
);
