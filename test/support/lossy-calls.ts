import { seededRandom } from '../../src/kernel/random.ts';
import type { Faults } from '../../src/wire/memory-network.ts';
import type { WorldOptions } from './call-world.ts';
import { flowOf, into, to } from './flow-builder.ts';
import type { CallPlan } from './right-outcomes.ts';
import { trunkBehindNat } from './worlds-behind-nat.ts';

const CHARACTER_MS = 20;
/** Until a prompt is played out, and the frame in which it begins. */
const PLAYING_MS = 150;
const GATHER_MS = 2000;
const LONG_TEXT = 3000;
const TCP_DELAY_MS = 60;

const talk = flowOf({
  ask: ['GatherNode', { Prompt: 'xxxxx', Digits: into('Choice'), TimeoutInSeconds: 2, Done: to('say'), NoInput: to('say') }],
  say: ['SayNode', { WhatToSay: 'xxxxx', Done: to('bye') }],
  bye: ['HangUpNode'],
});
const long = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(LONG_TEXT), Done: to('bye') }], bye: ['HangUpNode'] });
const credentials = { userName: 'ringflow', password: 'secret' };

/** A key may stop the first prompt at once, and one that is lost lets the flow wait for it. */
const talkMs = { least: 5 * CHARACTER_MS, most: 10 * CHARACTER_MS + GATHER_MS + 3 * PLAYING_MS };
const longMs = { least: LONG_TEXT * CHARACTER_MS, most: LONG_TEXT * CHARACTER_MS + 2 * PLAYING_MS };
const usual = { ringTimeoutMs: 60_000, talkMs };
const impatient = { ringTimeoutMs: 3000, talkMs };

export interface LossyCalls {
  readonly world: WorldOptions;
  readonly plan: CallPlan;
}

/** What the callee does, and how its calls go. */
export const kindsOfCallees: Readonly<Record<string, LossyCalls>> = {
  'answers and presses a digit': kind({ phone: { digits: '1', digitsAfterMs: 200 } }, { ...usual, outcome: 'Completed' }),
  'answers and presses a digit that is looked for in the audio': kind(
    { phone: { digits: '1', digitsAfterMs: 200, digitsAs: 'only-tones' } },
    { ...usual, outcome: 'Completed' },
  ),
  'answers at once, without ringing': kind({ phone: { answerAfterMs: 0, ring: false } }, { ...usual, outcome: 'Completed' }),
  'hangs up in the middle': hangsUpAfter(700),
  'hangs up as it answers': hangsUpAfter(0),
  'demands a password': kind({ phone: { credentials }, credentials }, { ...usual, outcome: 'Completed' }),
  'speaks SRTP': kind({ srtp: 'required' }, { ...usual, outcome: 'Completed' }),
  'is busy': kind({ phone: { reject: 486 } }, { ...usual, outcome: 'Busy' }),
  rejects: kind({ phone: { reject: 603, ring: false, answerAfterMs: 0 } }, { ...usual, outcome: 'Rejected' }),
  'rings for ever': kind({ phone: { answerAfterMs: 100_000 } }, { ...impatient, outcome: 'NoAnswer' }),
  'answers as we give up': kind({ phone: { answerAfterMs: 3000 } }, { ...impatient, outcome: 'NoAnswer' }),
};

/** What happens to everything that is sent. */
export const lossyNetworks: Readonly<Record<string, () => Partial<WorldOptions>>> = {
  'all goes well': () => ({}),
  'duplicates, late and out of order': () => ({ faults: { duplicatePercent: 20, delayMs: { min: 0, max: 400 } } }),
  'a tenth lost': () => ({ faults: { lossPercent: 10, delayMs: { min: 0, max: 40 } } }),
  'a third lost, a tenth twice, the rest late': () => ({
    faults: { lossPercent: 33, duplicatePercent: 10, delayMs: { min: 0, max: 200 } },
  }),
  'a NAT that forgets': () => {
    const { faults, targets } = trunkBehindNat();
    return { faults, targets };
  },
  'TCP, late, and its connections break': () => ({
    transport: 'tcp',
    faults: { delayMs: { min: TCP_DELAY_MS, max: TCP_DELAY_MS }, breaks: breaksSome(2) },
  }),
};

/** Never while a BYE is under way that was sent again: nobody sends it a third time, and the other side would talk on for half an hour. */
function breaksSome(percent: number): NonNullable<Faults['breaks']> {
  const random = seededRandom(5);
  const byes = new Map<string, number>();
  let lastByeMs = Number.NEGATIVE_INFINITY;
  return (bytes, { address }, _to, sentMs) => {
    const text = Buffer.from(bytes).toString('latin1');
    if (text.startsWith('BYE ')) {
      const key = `${address} ${/^Call-ID: (.*)$/m.exec(text)?.[1]}`;
      const nth = (byes.get(key) ?? 0) + 1;
      byes.set(key, nth);
      if (nth > 1) lastByeMs = sentMs;
    }
    return random.below(100) < percent && sentMs - lastByeMs > TCP_DELAY_MS;
  };
}

function kind(world: Partial<WorldOptions>, plan: CallPlan): LossyCalls {
  return { world: { flow: talk, ringTimeoutMs: plan.ringTimeoutMs, ...world }, plan };
}

function hangsUpAfter(hangUpAfterMs: number): LossyCalls {
  return kind({ flow: long, phone: { hangUpAfterMs } }, { ...usual, talkMs: longMs, hangUpAfterMs, outcome: 'CalleeHungUp' });
}
