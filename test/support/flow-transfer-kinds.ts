import { expect } from 'vitest';
import { attendedScene, FRIEND, obeying } from './attended-scene.ts';
import { numberToDial } from './call-world.ts';
import type { ShortParameter } from './flow-builder.ts';
import { type CallsOfAKind, isHeard, type Kind, LastingWorld, type Outcomes } from './lasting-world.ts';
import type { LossLog } from './loss-log.ts';

const MOST_MS = 60_000;
/** What alice says at her desk. */
const ALICE = 3;

/** The other side is asked to call somebody else, does so, and tells how that goes. */
const sendsOn =
  (parameters: Readonly<Record<string, ShortParameter>>): Kind =>
  (options) => {
    const scene = attendedScene(parameters, {}, options);
    const { world, phones, desk, calls } = scene;
    const call = async (): Promise<Outcomes> => {
      const session = await world.call();
      const own = () => phones.callTo(numberToDial)?.dialog;
      await world.clock.runUntil(() => own() !== undefined, MOST_MS);
      const dialog = own();
      if (dialog) dialog.onRefer = obeying(scene);
      expect(await world.over(session)).toBe(true);
      const outcome = session.outcome ?? '';
      // Whom alice talks with now.
      const hearsAlice = (): boolean => calls.some(({ rtp }) => rtp.received.some(({ payload }) => payload[0] === ALICE));
      if (outcome.includes('ALICE') && isHeard(options)) expect(await world.clock.runUntil(hearsAlice, MOST_MS)).toBe(true);
      for (const { log } of calls) void log.dialog?.bye();
      await world.clock.runUntil(() => calls.every(({ log }) => (log.failure ?? log.end) !== undefined), MOST_MS);
      for (const { rtp } of calls) rtp.close();
      calls.length = 0;
      // How long the two were joined by us until then is as long as the network is late.
      return [outcome.split(' ').slice(0, 3).join(' ').trim()];
    };
    return new LastingWorld({ world, phones: [phones, desk], call });
  };

const untold = (log: LossLog): boolean => log.leftNotifyUnanswered();

/** Calls that the flow gives to somebody else. */
export const flowTransferKinds: Readonly<Record<string, CallsOfAKind>> = {
  'the flow transfers its call': {
    open: sendsOn({ Mode: 'Blind', Target: FRIEND }),
    outcome: 'Transferred 200',
    unless: { 'Accepted 100': untold },
  },
  'the flow transfers its call, attended': {
    open: sendsOn({ User: 'ada' }),
    outcome: 'Transferred 200 ALICE',
    unless: { 'Accepted 100 ALICE': untold, 'Accepted 0 ALICE': untold },
  },
};
