import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nothingLeft, type WorldOptions } from '../support/call-world.ts';
import { kindsOfCalls, moreKindsOfCalls } from '../support/kinds-of-calls.ts';
import { LossLog } from '../support/loss-log.ts';
import { type Counts, PARTY_PERCENT, SOAK_CALLS, SoakCounts } from '../support/soak-counts.ts';
import { trunkBehindNat } from '../support/worlds-behind-nat.ts';

// A fifth of the soak: incoming, dialled, recorded, held and transferred calls, conferences and registered phones, one after the other.

/** What the first calls of a kind have made ready is not counted. */
const WARM_UP = 5;
/** By then there is as much as there will ever be in what keeps the last few calls, and objects can be counted. */
const LONG_WARM_UP = 30;

interface BadNetwork {
  readonly options: () => Partial<WorldOptions>;
  readonly lossPercent?: number;
  /** Whether it is counted that no object is left. */
  readonly countsObjects?: true;
}

const networks: Readonly<Record<string, BadNetwork>> = {
  'all goes well': { options: () => ({}), countsObjects: true },
  'duplicates, late and out of order': { options: () => ({ faults: { duplicatePercent: 20, delayMs: { min: 0, max: 200 } } }) },
  'a tenth lost': { options: () => ({ faults: { delayMs: { min: 0, max: 40 } } }), lossPercent: 10 },
  'a third lost, a tenth twice': { options: () => ({ faults: { duplicatePercent: 10, delayMs: { min: 0, max: 40 } } }), lossPercent: 33 },
  'a NAT that forgets': {
    options: trunkBehindNat,
  },
};

const kinds = Object.entries(kindsOfCalls);
/** Where objects are counted: what each call leaves behind is left there too. */
const allKinds = Object.entries({ ...kindsOfCalls, ...moreKindsOfCalls });
/** Of each kind on each network. */
const calls = Math.max(2 * WARM_UP, Math.ceil((SOAK_CALLS * PARTY_PERCENT) / 100 / kinds.length / Object.keys(networks).length));

let counts: SoakCounts;
beforeAll(() => {
  counts = new SoakCounts();
});
afterAll(() => counts.close());

describe(`many calls of several parties over bad networks (${calls} of each kind)`, {
  timeout: 60_000 + Math.max(calls, 2 * LONG_WARM_UP) * 3000,
}, () => {
  describe.each(Object.entries(networks))('%s', (networkName, { options, lossPercent = 0, countsObjects }) => {
    const [warmUp, ofThese] = countsObjects ? [LONG_WARM_UP, 2 * LONG_WARM_UP] : [WARM_UP, calls];
    it.each(countsObjects ? allKinds : kinds)('%s: each call ends as it must, and nothing is left', async (kindName, one) => {
      const outcomes: Record<string, number> = {};
      const log = new LossLog(lossPercent, 1);
      const world = await one.open({ ...options(), filter: log.filter });
      let before: Counts = {};
      for (let made = 0; made < ofThese; made++) {
        if (made === warmUp) before = await counts.now(await world.left(), countsObjects);
        for (const outcome of await world.call()) {
          outcomes[outcome ?? 'none'] = (outcomes[outcome ?? 'none'] ?? 0) + 1;
          if (outcome !== one.outcome) expect(one.unless?.[outcome ?? '']?.(log), `call ${made}: ${outcome}`).toBe(true);
        }
        expect(await world.left()).toEqual({ ...nothingLeft, files: 0 });
        log.forget();
      }
      // Even what may be lost for good is lost seldom.
      expect(outcomes[one.outcome]).toBeGreaterThanOrEqual(ofThese / 2);
      await counts.compare(`${networkName} / ${kindName}`, ofThese, outcomes, before, await world.left(), countsObjects);
      expect(await world.close()).toEqual(nothingLeft);
    });
  });

  it('the memory has not grown by all of them', () => counts.compareAll());
});
