import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import type { Faults } from '../../src/wire/memory-network.ts';
import { callWorld, nothingLeft, type WorldOptions } from '../support/call-world.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { RebindingNat } from '../support/rebinding-nat.ts';
import { settledMemory } from '../support/settled-memory.ts';

const { RINGFLOW_SOAK_CALLS = '10000' } = process.env;
const AT_ONCE = 25;
/** A session that is over may stay in lists, and code may be compiled. */
const MOST_GROWTH_BYTES = 4 * 1024 * 1024;

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

/** Of each kind on each network. */
const calls = Math.ceil(Number(RINGFLOW_SOAK_CALLS) / Object.keys(kinds).length / Object.keys(networks).length);

/** How a call may end when too much of it was lost. */
const lostOutcomes = ['Unreachable', 'NoAnswer', 'Failed'];

/** Answers how often each outcome came, and by how much the memory grew. */
async function soak(kind: Kind, { faults, leastPercent }: BadNetwork): Promise<Record<string, number>> {
  const world = callWorld({ flow: talk, maxChannels: AT_ONCE, ...kind.world, faults: faults() });
  const pause = seededRandom(3);
  const outcomes: Record<string, number> = {};
  let memory = 0;
  for (let begun = 0; begun < calls; ) {
    for (let index = 0; index < AT_ONCE && begun < calls; index++, begun++) {
      await world.call();
      await world.clock.advance(pause.below(200));
    }
    expect(await world.clock.runUntil(() => world.service.liveSessions === 0, 600_000)).toBe(true);
    for (const { outcome = 'none' } of world.sessions.values()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    world.sessions.clear();
    world.posts.length = 0;
    world.phoneEvents.length = 0;
    if (memory === 0) memory = await settledMemory();
  }
  expect(await world.finish()).toEqual(nothingLeft);
  const growth = (await settledMemory()) - memory;
  expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
  const unheard = leastPercent < 100 ? kind.unheard : undefined;
  const right = (outcomes[kind.outcome] ?? 0) + (unheard === undefined ? 0 : (outcomes[unheard] ?? 0));
  const lost = lostOutcomes.filter((one) => one !== kind.outcome && one !== unheard).reduce((sum, one) => sum + (outcomes[one] ?? 0), 0);
  expect(right + lost).toBe(calls);
  expect((right / calls) * 100).toBeGreaterThanOrEqual(leastPercent);
  return { ...outcomes, grownKiB: Math.round(growth / 1024) };
}

describe(`many calls over bad networks (${calls} of each kind)`, { timeout: 60_000 + calls * 200 }, () => {
  describe.each(Object.entries(networks))('%s', (networkName, network) => {
    it.each(Object.entries(kinds))('a callee that %s: each call ends as it must, and nothing is left', async (kindName, kind) => {
      const result = await soak(kind, network);
      process.stdout.write(`${networkName} / ${kindName}: ${JSON.stringify(result)}\n`);
    });
  });
});
