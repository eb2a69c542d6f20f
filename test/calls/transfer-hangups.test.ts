import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { ReferTarget } from '../../src/telephony/sip/refer-to.ts';
import { numberToDial } from '../support/call-world.ts';
import { FRIEND, named, OTHER, THIRD, talking } from '../support/transfer-world.ts';

const CHANNELS = 6;

type Scene = Awaited<ReturnType<typeof talking>>;
type Target = ReferTarget;

/** A transfer that alice asks for, and the numbers of those who are to talk with each other afterwards. */
interface Transfer {
  readonly asking: Dialog | undefined;
  readonly target: Target;
  readonly alice: readonly (Dialog | undefined)[];
  readonly others: readonly [string, string];
}

const blind: Target = { uri: `sip:${THIRD}@10.0.0.1` };

async function dialledOnly(scene: Scene): Promise<Dialog | undefined> {
  void scene.phones.callTo(numberToDial)?.dialog?.bye();
  return (await scene.dials(OTHER)).dialog;
}

const transfers: Readonly<Record<string, (scene: Scene) => Promise<Transfer>>> = {
  'a caller to somebody else': async ({ desk }) => {
    const asking = desk.callTo('alice')?.dialog;
    return { asking, target: blind, alice: [asking], others: [numberToDial, THIRD] };
  },
  'whom she has dialled to somebody else': async (scene) => {
    const asking = await dialledOnly(scene);
    return { asking, target: blind, alice: [asking], others: [OTHER, THIRD] };
  },
  'a caller to whom she has dialled': async ({ desk, dials }) => {
    const asking = desk.callTo('alice')?.dialog;
    const { dialog } = await dials(OTHER);
    return { asking, target: named(dialog), alice: [asking, dialog], others: [numberToDial, OTHER] };
  },
  'whom she has dialled to a caller': async ({ desk, dials }) => {
    const first = desk.callTo('alice')?.dialog;
    const { dialog } = await dials(OTHER);
    return { asking: dialog, target: named(first), alice: [first, dialog], others: [numberToDial, OTHER] };
  },
  'whom she has dialled to whom she has dialled': async (scene) => {
    const asking = await dialledOnly(scene);
    const { dialog } = await scene.dials(THIRD);
    return { asking, target: named(dialog), alice: [asking, dialog], others: [OTHER, THIRD] };
  },
  'a caller to a caller': async ({ world, sessions, desk }) => {
    sessions.push(await world.call({ numberToDial: FRIEND }));
    await world.clock.advance(2000);
    const [first, second] = desk.calls.map(({ dialog }) => dialog);
    return { asking: first, target: named(second), alice: [first, second], others: [numberToDial, FRIEND] };
  },
};

const cases = Object.keys(transfers).flatMap((what) =>
  [0, 10, 200, 590, 700, 1700, 3000].flatMap((atMs) =>
    (['alice', 'the first', 'the second'] as const).map((who) => [what, who, atMs] as const),
  ),
);

describe('alice transfers', () => {
  it.each(cases)('%s, and %s hangs up after %i ms: nothing is left', async (what, who, atMs) => {
    const scene = await talking({}, {}, { maxChannels: CHANNELS, trunk: { callsPerSecond: 1000 } });
    const { world, phones, sessions, refer, finish } = scene;
    const { asking, target, alice, others } = (await transfers[what]?.(scene)) ?? expect.unreachable();
    const told = refer(asking, target);
    await world.clock.advance(atMs);
    const endOf = (number: string): void => void phones.callTo(number)?.dialog?.bye();
    if (who === 'alice') for (const dialog of alice) void dialog?.bye();
    else endOf(who === 'the first' ? others[0] : others[1]);
    await world.clock.advance(5000);
    if (who !== 'alice') expect(told.outcome?.sip).toBeGreaterThanOrEqual(200);
    // Whoever is left hangs up.
    for (const dialog of alice) void dialog?.bye();
    await world.clock.advance(2000);
    for (const number of [...others, numberToDial]) endOf(number);
    for (const session of sessions) expect(await world.over(session)).toBe(true);
    expect(world.liveThings()).toMatchObject({ sessions: 0, legs: 0, streams: 0 });
    // Every channel of the trunk is free again.
    for (let channel = 0; channel < CHANNELS; channel++) sessions.push(await world.call({ numberToDial: '+18144043999' }));
    await expect(world.call()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    await finish();
  });
});
