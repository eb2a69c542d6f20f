import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import type { Faults } from '../../src/wire/memory-network.ts';
import { callWorld, nothingLeft, type WorldOptions } from '../support/call-world.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { RebindingNat } from '../support/rebinding-nat.ts';
import { type Counts, PARTY_PERCENT, SOAK_CALLS, SoakCounts } from '../support/soak-counts.ts';

// Four fifths of the soak: calls to one callee, many at once. The others are in soak-of-parties.test.ts.

const AT_ONCE = 25;

const talk = flowOf({
  ask: ['GatherNode', { Prompt: 'xxxxx', Digits: into('Choice'), TimeoutInSeconds: 2, Done: to('say'), NoInput: to('say') }],
  say: ['SayNode', { WhatToSay: 'xxxxx', Done: to('bye') }],
  bye: ['HangUpNode'],
});
const long = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(3000), Done: to('bye') }], bye: ['HangUpNode'] });
const credentials = { userName: 'ringflow', password: 'secret' };

interface Kind {
  readonly world: Partial<WorldOptions>;
  readonly outcome: string;
  /** How they end, as rightly, where the ringing that nobody repeats was lost. */
  readonly unheard?: string;
}

/** What the callee does, and how its calls end. */
const kinds: Readonly<Record<string, Kind>> = {
  'answers and presses a digit': { world: { phone: { digits: '1', digitsAfterMs: 200 } }, outcome: 'Completed' },
  'answers at once, without ringing': { world: { phone: { answerAfterMs: 0, ring: false } }, outcome: 'Completed' },
  'hangs up in the middle': { world: { flow: long, phone: { hangUpAfterMs: 700 } }, outcome: 'CalleeHungUp' },
  'hangs up as it answers': { world: { flow: long, phone: { hangUpAfterMs: 0 } }, outcome: 'CalleeHungUp' },
  'demands a password': { world: { phone: { credentials }, credentials }, outcome: 'Completed' },
  'speaks SRTP': { world: { srtp: 'required' }, outcome: 'Completed' },
  'is busy': { world: { phone: { reject: 486 } }, outcome: 'Busy' },
  rejects: { world: { phone: { reject: 603, ring: false, answerAfterMs: 0 } }, outcome: 'Rejected' },
  'rings for ever': { world: { phone: { answerAfterMs: 100_000 }, ringTimeoutMs: 3000 }, outcome: 'NoAnswer', unheard: 'Unreachable' },
  'answers as we give up': { world: { phone: { answerAfterMs: 3000 }, ringTimeoutMs: 3000 }, outcome: 'NoAnswer', unheard: 'Unreachable' },
};

interface BadNetwork {
  readonly faults: () => Faults;
  /** How many calls must end as the callee wants it; the others have to say that they were lost. */
  readonly leastPercent: number;
}

const networks: Readonly<Record<string, BadNetwork>> = {
  'all goes well': { faults: () => ({}), leastPercent: 100 },
  'duplicates, late and out of order': { faults: () => ({ duplicatePercent: 20, delayMs: { min: 0, max: 400 } }), leastPercent: 100 },
  'a tenth lost': { faults: () => ({ lossPercent: 10, delayMs: { min: 0, max: 40 } }), leastPercent: 98 },
  'a third lost, a tenth twice, the rest late': {
    faults: () => ({ lossPercent: 33, duplicatePercent: 10, delayMs: { min: 0, max: 200 } }),
    leastPercent: 85,
  },
  'a NAT that forgets': {
    faults: () => ({ nat: new RebindingNat('10.0.0.2', '192.0.2.1', 12), delayMs: { min: 0, max: 20 } }),
    leastPercent: 100,
  },
};

/** Of each kind on each network. What the first round has made ready is not counted. */
const calls = Math.max(
  2 * AT_ONCE,
  Math.ceil((SOAK_CALLS * (1 - PARTY_PERCENT / 100)) / Object.keys(kinds).length / Object.keys(networks).length),
);

/** How a call may end when too much of it was lost. */
const lostOutcomes = ['Unreachable', 'NoAnswer', 'Failed'];

let counts: SoakCounts;
beforeAll(() => {
  counts = new SoakCounts();
});
afterAll(() => counts.close());

async function soak(name: string, kind: Kind, { faults, leastPercent }: BadNetwork): Promise<void> {
  const world = callWorld({ flow: talk, maxChannels: AT_ONCE, ...kind.world, faults: faults() });
  const pause = seededRandom(3);
  const outcomes: Record<string, number> = {};
  const ports = world.network.openPorts;
  const left = () => ({ ...world.liveThings(), timers: world.clock.pendingTimers, ports: world.network.openPorts - ports });
  let before: Counts | undefined;
  for (let begun = 0; begun < calls; ) {
    for (let index = 0; index < AT_ONCE && begun < calls; index++, begun++) {
      await world.call();
      await world.clock.advance(pause.below(200));
    }
    expect(await world.clock.runUntil(() => world.service.liveSessions === 0, 600_000)).toBe(true);
    for (const { outcome = 'none' } of world.sessions.values()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    expect(await world.clock.runUntil(() => world.clock.pendingTimers === 0, 300_000)).toBe(true);
    world.forget();
    before ??= await counts.now(left());
  }
  await counts.compare(name, calls, outcomes, before ?? {}, left());
  expect(await world.finish()).toEqual(nothingLeft);
  const unheard = leastPercent < 100 ? kind.unheard : undefined;
  const right = (outcomes[kind.outcome] ?? 0) + (unheard === undefined ? 0 : (outcomes[unheard] ?? 0));
  const lost = lostOutcomes.filter((one) => one !== kind.outcome && one !== unheard).reduce((sum, one) => sum + (outcomes[one] ?? 0), 0);
  expect(right + lost).toBe(calls);
  expect((right / calls) * 100).toBeGreaterThanOrEqual(leastPercent);
}

describe(`many calls over bad networks (${calls} of each kind)`, { timeout: 60_000 + calls * 200 }, () => {
  describe.each(Object.entries(networks))('%s', (networkName, network) => {
    it.each(Object.entries(kinds))('a callee that %s: each call ends as it must, and nothing is left', async (kindName, kind) => {
      await soak(`${networkName} / a callee that ${kindName}`, kind, network);
    });
  });

  it('the memory has not grown by all of them', () => counts.compareAll());
});
