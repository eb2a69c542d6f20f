import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import type { Verdict } from '../../src/wire/memory-network.ts';
import { ANSWER, CALLER, CallLog, request, sipScene, startLine } from '../support/sip-agents.ts';

const never = new AbortController().signal;

/** What the network does to one kind of message of one side: lose it so many times, double it, or hold it back. */
interface Fate {
  readonly what: string;
  readonly of: (nth: number) => Verdict;
}
const fates: readonly Fate[] = [
  { what: 'lost once', of: (nth) => (nth <= 1 ? 'drop' : 'pass') },
  { what: 'lost three times', of: (nth) => (nth <= 3 ? 'drop' : 'pass') },
  { what: 'doubled', of: () => 'duplicate' },
  { what: 'late, and overtaken by its repetition', of: (nth) => (nth === 1 ? { delayMs: 700 } : 'pass') },
];

interface Scenario {
  readonly name: string;
  /** Every message, in order, when nothing is lost. */
  readonly messages: readonly string[];
  readonly rings: (invite: IncomingInvite) => void;
  /** What the caller does once the call is up; it hangs up after that. */
  readonly change?: (dialog: Dialog) => Promise<unknown>;
  readonly cancelAfterMs?: number;
  /** What the caller is told in the end. */
  readonly outcome: string;
}

const up = ['-> INVITE', '<- 100 INVITE', '<- 180 INVITE', '<- 200 INVITE', '-> ACK'];
const down = ['-> BYE', '<- 200 BYE'];
const answers = (invite: IncomingInvite): void => {
  invite.ring();
  void invite.answer(ANSWER);
};
const scenarios: readonly Scenario[] = [
  { name: 'a call', messages: [...up, ...down], rings: answers, outcome: 'answered' },
  {
    name: 'a call that is refused',
    messages: ['-> INVITE', '<- 100 INVITE', '<- 180 INVITE', '<- 486 INVITE', '-> ACK'],
    rings: (invite) => {
      invite.ring();
      invite.reject(486);
    },
    outcome: 'failed response',
  },
  {
    name: 'a call that is cancelled',
    messages: ['-> INVITE', '<- 100 INVITE', '<- 180 INVITE', '-> CANCEL', '<- 200 CANCEL', '<- 487 INVITE', '-> ACK'],
    rings: (invite) => invite.ring(),
    cancelAfterMs: 20_000,
    outcome: 'failed cancelled',
  },
  {
    name: 'a call that is changed',
    messages: [...up, '-> INVITE', '<- 200 INVITE', '-> ACK', '-> UPDATE', '<- 200 UPDATE', ...down],
    rings: answers,
    change: async (dialog) => {
      await dialog.reinvite(dialog.state.localSdp, never);
      await dialog.update(undefined, never);
    },
    outcome: 'answered',
  },
];

/** Runs a scenario over a network that does `fate` to every message of this name. Answers what both sides made of it. */
async function run({ rings, change, cancelAfterMs }: Scenario, name: string, fate: Fate) {
  const counts = new Map<string, number>();
  const calls: IncomingInvite[] = [];
  const scene = sipScene(
    (invite) => {
      calls.push(invite);
      rings(invite);
    },
    (bytes, from) => {
      const seen = `${from.address === CALLER.address ? '->' : '<-'} ${startLine(Buffer.from(bytes).toString())}`;
      if (seen !== name) return 'pass';
      const nth = (counts.get(seen) ?? 0) + 1;
      counts.set(seen, nth);
      return fate.of(nth);
    },
  );
  const call = new CallLog();
  let done = false;
  call.onAnswered = (dialog) => {
    void Promise.resolve(change?.(dialog)).then(() => {
      done = true;
      void dialog.bye();
    });
  };
  const invite = scene.caller.invite(request(), call);
  if (cancelAfterMs !== undefined) scene.clock.after(cancelAfterMs, () => invite.cancel());
  await scene.clock.advance(300_000);
  return { call, calls, done, left: scene.leftovers(), seen: scene.seen };
}

describe.each(scenarios)('$name', (scenario) => {
  it('is what it is when nothing is lost', async () => {
    const { seen } = await run(scenario, '', { what: '', of: () => 'pass' });
    expect(seen).toEqual(scenario.messages);
  });

  const names = [...new Set(scenario.messages)];
  const rows = names.flatMap((name) => fates.map((fate) => ({ name, what: fate.what, fate })));
  it.each(rows)('comes to the same end, and leaves nothing, when $name is $what', async ({ name, fate }) => {
    const { call, calls, done, left, seen } = await run(scenario, name, fate);
    expect(calls).toHaveLength(1);
    const outcomes = call.events.filter((event) => event === 'answered' || event.startsWith('failed'));
    expect(outcomes).toEqual([scenario.outcome]);
    if (scenario.outcome === 'answered') expect([done, call.end]).toEqual([true, { by: 'us' }]);
    expect(left).toEqual([0, 0, 0, 0, 0]);
    if (fate.what !== 'doubled') expect(seen.length).toBeLessThan(scenario.messages.length + 30);
  });
});
