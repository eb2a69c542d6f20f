import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { lossyRelay, type RelayFaults } from '../support/lossy-relay.ts';
import { ANSWER, CallLog, OFFER, request } from '../support/sip-agents.ts';
import { type Scenario, sippCallee, sippCaller } from '../support/sipp.ts';
import { sippScenario } from '../support/sipp-scenario.ts';

// Every scenario that ends in a known outcome, over a network that loses, doubles, delays, reorders and rebinds. sipp gives up when a
// message comes that its scenario does not have next; whatever it does, each call of ours has to end, as the callee wants it or as one
// that was lost, and to leave nothing.

const networks: Readonly<Record<string, RelayFaults>> = {
  'a third lost': { loses: 33 },
  'a third twice': { doubles: 33 },
  'half of it late and out of order': { delays: 50, mostDelayMs: 150 },
  'another port after two datagrams': { rebindsAfter: 2 },
  'all of that': { loses: 12, doubles: 20, delays: 30, mostDelayMs: 100, rebindsAfter: 3 },
};

const refusal = (status: number): Scenario => ({
  xml: sippScenario('callee', [{ recv: 'INVITE' }, { reply: status, repeat: true }, { recv: 'ACK' }]),
});

interface Called {
  readonly scenario: Scenario;
  /** What comes of it when nothing is lost for good. */
  readonly outcome: string;
  readonly hangsUpAfterMs?: number;
  readonly cancelsAfterMs?: number;
  readonly reinvites?: boolean;
  readonly lateOffer?: boolean;
}

const called: Readonly<Record<string, Called>> = {
  answers: { scenario: 'answer', outcome: 'ended by us', hangsUpAfterMs: 600 },
  'is busy': { scenario: 'busy', outcome: '486' },
  'does not answer': { scenario: 'no-answer', outcome: '487', cancelsAfterMs: 1_000 },
  'describes early media': { scenario: 'early-media', outcome: 'ended by us', hangsUpAfterMs: 600 },
  'asks for a password': { scenario: 'digest', outcome: 'ended by us', hangsUpAfterMs: 600 },
  'hangs up': { scenario: 'callee-bye', outcome: 'ended by peer' },
  'repeats its answer': { scenario: 'repeated-answer', outcome: 'ended by us', hangsUpAfterMs: 900 },
  'loses ACKs': { scenario: 'lost-ack', outcome: 'ended by us', hangsUpAfterMs: 2_500 },
  'makes the offer': { scenario: 'late-offer-callee', outcome: 'ended by us', hangsUpAfterMs: 600, lateOffer: true },
  'takes a change': { scenario: 'reinvite-accepted', outcome: 'ended by us', reinvites: true },
  'refuses a change': { scenario: 'reinvite-refused', outcome: 'ended by us', reinvites: true },
  ...Object.fromEntries([404, 480, 500, 603].map((status) => [`says ${status}`, { scenario: refusal(status), outcome: String(status) }])),
};

/** What a call may come to when too much of it was lost. sipp forgets calls, and says so with 481. */
const lost = ['failed timeout', 'ended by us', 'ended by peer', 'ended by timeout', '408', '481', '487', '503'];

const tally = new Map<string, number>();

afterAll(() => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(tally))}\n`);
  // Repetition carries most calls through.
  for (const [key, calls] of tally) if (key.endsWith('lost')) expect(calls, key).toBeLessThanOrEqual(3);
});

const agentOf = async (onInvite?: (invite: IncomingInvite) => void) => {
  const udp = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
  const parts = { clock: systemClock, random: systemRandom, log: silentLogger, product: 'test' };
  return { udp, agent: new UserAgent({ wires: [udp], ...parts, ...(onInvite && { onInvite }) }) };
};

const outcomeOf = ({ failure, end }: CallLog): string | undefined =>
  failure
    ? failure.why === 'response' || failure.why === 'cancelled'
      ? String(failure.status ?? 408)
      : `failed ${failure.why}`
    : end && `ended by ${end.by}`;

async function until(isOver: () => boolean, mostMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < mostMs && !isOver(); waitedMs += 50) await delay(50);
  return isOver();
}

function count(network: string, isAsWanted: boolean): void {
  const key = `${network}: ${isAsWanted ? 'as the callee wants' : 'lost'}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

describe.concurrent.each(Object.entries(networks))('over a network with %s', (network, faults) => {
  it.each(Object.entries(called))('a callee that %s', { timeout: 150_000 }, async (name, one) => {
    const { udp, agent } = await agentOf();
    const relay = await lossyRelay(udp.local.port, faults, name.length * 31 + network.length);
    const sipp = await sippCallee(one.scenario, 'udp');
    try {
      relay.setFar(sipp.local.port);
      const call = new CallLog();
      call.onAnswered = (dialog) => {
        const { hangsUpAfterMs = 5_000 } = one;
        if (one.reinvites)
          void dialog
            .reinvite(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000))
            .catch(() => undefined)
            .then(() => dialog.bye());
        else setTimeout(() => void dialog.bye(), hangsUpAfterMs);
      };
      const credentials = { userName: 'user', password: 'secret' };
      const to = { ...relay.forNear, transport: 'udp' } as const;
      const invite = agent.invite(request('udp', { to, credentials, ...(one.lateOffer && { offer: () => OFFER }) }), call);
      const cancel = setTimeout(() => invite.cancel(), one.cancelsAfterMs ?? 12_000);
      expect(await until(() => outcomeOf(call) !== undefined, 90_000)).toBe(true);
      clearTimeout(cancel);
      const outcome = outcomeOf(call);
      count(network, outcome === one.outcome);
      expect([one.outcome, ...lost]).toContain(outcome);
      // A BYE that sipp no longer answers is repeated for 32 s.
      expect(await until(() => agent.liveDialogs === 0, 40_000)).toBe(true);
      // What only comes twice or from another port costs no call.
      if (!faults.loses && !faults.delays) expect(outcome).toBe(one.outcome);
    } finally {
      await sipp.stop();
      await relay.close();
      await agent.close();
    }
  });

  it.each(['caller', 'patient-caller', 'late-offer-caller'])('a caller: %s', { timeout: 150_000 }, async (scenario) => {
    const ends: string[] = [];
    let invites = 0;
    const { udp, agent } = await agentOf((invite) => {
      invites++;
      invite.ring();
      void invite.answer(ANSWER).then(
        (dialog) => {
          dialog.onEnded(({ by }) => ends.push(by));
          setTimeout(() => void dialog.bye(), 2_500);
        },
        () => ends.push('failed'),
      );
    });
    const relay = await lossyRelay(udp.local.port, faults, scenario.length * 17 + network.length);
    const sipp = await sippCaller(scenario, 'udp', relay.forFar);
    try {
      relay.setFar(sipp.local.port);
      await until(() => invites > 0, 20_000);
      expect(await until(() => ends.length === invites && agent.liveDialogs === 0, 75_000)).toBe(true);
      // However often its INVITE comes, it is one call.
      expect(invites).toBeLessThanOrEqual(1);
      count(network, ends.length === 1);
    } finally {
      await sipp.stop();
      await relay.close();
      await agent.close();
    }
  });
});
