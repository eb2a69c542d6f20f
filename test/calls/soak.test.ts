import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { callWorld, nothingLeft, SERVER, type WorldOptions } from '../support/call-world.ts';
import { kindsOfCallees, type LossyCalls, lossyNetworks } from '../support/lossy-calls.ts';
import { describeMessages, MessageLog } from '../support/message-log.ts';
import { neglectedMessages } from '../support/neglected-messages.ts';
import { rightOutcomes } from '../support/right-outcomes.ts';
import type { SeenSession } from '../support/session-table.ts';
import { type Counts, PARTY_PERCENT, SOAK_CALLS, SoakCounts } from '../support/soak-counts.ts';

// Four fifths of the soak: calls to one callee, many at once. The others are in soak-of-parties.test.ts.

const AT_ONCE = 25;
/** How long what is left of calls may last that are over for the server. */
const MOST_LEFT_MS = 300_000;

const kinds = Object.entries(kindsOfCallees);
const networks = Object.entries(lossyNetworks);
const total = SOAK_CALLS - Math.ceil((SOAK_CALLS * PARTY_PERCENT) / 100);
const shares = kinds.length * networks.length;

/** How many calls of a kind are made on a network. What the first round has made ready is not counted. */
function callsOf(kindName: string, networkName: string): number {
  const nth = networks.findIndex(([name]) => name === networkName) * kinds.length + kinds.findIndex(([name]) => name === kindName);
  return Math.max(2 * AT_ONCE, Math.floor((total * (nth + 1)) / shares) - Math.floor((total * nth) / shares));
}

let counts: SoakCounts;
beforeAll(() => {
  counts = new SoakCounts();
});
afterAll(() => counts.close());

/** What is wrong with a call: nothing, where it has ended as what was sent and lost of it allows, and both sides have sent what they had to. */
function verdict({ outcome = 'none', callSid }: SeenSession, log: MessageLog, { plan }: LossyCalls): readonly string[] {
  const call = log.ofCall(callSid);
  const right = rightOutcomes(call, plan, log.breaksMs);
  const wrong = right.has(outcome) ? [] : [`ended as ${outcome}, not as ${[...right].join(' or ') || 'any call may'}`];
  return [...wrong, ...neglectedMessages(call, plan.ringTimeoutMs, log.breaksMs)];
}

async function soak(name: string, calls: number, kind: LossyCalls, { faults, ...network }: Partial<WorldOptions>): Promise<void> {
  const log = new MessageLog(SERVER);
  const world = callWorld({
    maxChannels: AT_ONCE,
    ...kind.world,
    ...network,
    faults: { ...faults, ...(faults?.breaks && { breaks: log.breaks(faults.breaks) }), watch: log.watch },
  });
  const pause = seededRandom(3);
  const outcomes: Record<string, number> = {};
  const ports = world.network.openPorts;
  const left = () => ({ ...world.liveThings(), timers: world.clock.pendingTimers, ports: world.network.openPorts - ports });
  let before: Counts | undefined;
  let judged = 0;
  for (let begun = 0; begun < calls; ) {
    for (let index = 0; index < AT_ONCE && begun < calls; index++, begun++) {
      await world.call();
      await world.clock.advance(pause.below(200));
    }
    expect(await world.clock.runUntil(() => world.service.liveSessions === 0, 600_000)).toBe(true);
    expect(await world.clock.runUntil(() => world.clock.pendingTimers === 0, MOST_LEFT_MS)).toBe(true);
    expect(log.size).toBe(world.sessions.size);
    for (const session of world.sessions.values()) {
      const { outcome = 'none', callSid } = session;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      judged++;
      const wrong = verdict(session, log, kind);
      if (wrong.length > 0) expect(wrong, `call ${judged}: ${describeMessages(log.ofCall(callSid))}`).toEqual([]);
    }
    world.forget();
    log.forget();
    before ??= await counts.now(left());
  }
  expect(judged).toBe(calls);
  await counts.compare(name, calls, outcomes, before ?? {}, left());
  expect(await world.finish()).toEqual(nothingLeft);
}

describe(`many calls over bad networks (${total} in all)`, { timeout: 60_000 + (total / shares) * 200 }, () => {
  describe.each(networks)('%s', (networkName, network) => {
    it.each(kinds)('a callee that %s: each call ends as it must, and nothing is left', async (kindName, kind) => {
      await soak(`${networkName} / a callee that ${kindName}`, callsOf(kindName, networkName), kind, network());
    });
  });

  it('the memory has not grown by all of them', () => counts.compareAll());
});
