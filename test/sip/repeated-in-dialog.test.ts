import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { UserAgent, type UserAgentOptions } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request, startLine } from '../support/sip-agents.ts';

const never = new AbortController().signal;

/** Two user agents that talk over TCP: the connection breaks on the first message that is `cut`. */
async function talking(cut: string) {
  const clock = new VirtualClock();
  let isCut = false;
  const network = new MemoryNetwork(clock, seededRandom(1), {
    delayMs: { min: 10, max: 10 },
    breaks: (bytes) => {
      const breaks = !isCut && startLine(Buffer.from(bytes).toString()) === cut;
      isCut ||= breaks;
      return breaks;
    },
  });
  const agentAt = (at: Endpoint, seed: number, more: Partial<UserAgentOptions>): UserAgent =>
    new UserAgent({ wires: [network.wire('tcp', at)], clock, random: seededRandom(seed), log: silentLogger, product: 'test', ...more });
  const callees: Dialog[] = [];
  const caller = agentAt(CALLER, 2, {});
  const callee = agentAt(CALLEE, 3, { onInvite: (invite) => void invite.answer(ANSWER).then((dialog) => callees.push(dialog)) });
  const call = new CallLog();
  caller.invite(request('tcp'), call);
  await clock.advance(100);
  const [there] = callees;
  if (!call.dialog || !there) throw new Error('The call is not up');
  const here = call.dialog;
  return {
    ...{ clock, here, there },
    async nothingLeft() {
      void here.bye();
      await clock.advance(200_000);
      const live = [caller, callee].flatMap((agent) => [agent.liveTransactions, agent.liveDialogs]);
      expect([isCut, clock.pendingTimers, ...live]).toEqual([true, 0, 0, 0, 0, 0]);
      await Promise.all([caller.close(), callee.close()]);
    },
  };
}

describe.each(['the request', 'the answer'])('where a connection breaks under %s', (what) => {
  const cut = (method: string, status: number): string => (what === 'the request' ? method : `${status} ${method}`);

  it('a digit that is told again is one digit', async () => {
    const { clock, here, there, nothingLeft } = await talking(cut('INFO', 200));
    const digits: string[] = [];
    there.onDigit = (digit) => digits.push(digit);
    const told = [here.tellDigit('5', 100)];
    await clock.advance(100);
    told.push(here.tellDigit('5', 100));
    await clock.advance(100);
    expect([await Promise.all(told), digits]).toEqual([
      ['taken', 'taken'],
      ['5', '5'],
    ]);
    await nothingLeft();
  });

  it('a transfer that is asked for again is one transfer', async () => {
    const { clock, here, there, nothingLeft } = await talking(cut('REFER', 202));
    let calls = 0;
    there.onRefer = () => (report) => {
      calls += 1;
      void clock.after(1000, () => void report.tell(200, 'OK'));
    };
    const referred = here.refer({ uri: 'sip:c@10.0.0.3' }, never);
    await clock.advance(2000);
    expect([await referred, calls]).toEqual([{ result: 'transferred', sip: 200, reason: 'OK' }, 1]);
    await nothingLeft();
  });
});
