import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { ReferTarget } from '../../src/telephony/sip/refer-to.ts';
import { numberToDial } from './call-world.ts';
import { FRIEND, named, OTHER, THIRD, type talking } from './transfer-world.ts';

type Scene = Awaited<ReturnType<typeof talking>>;

/** A transfer that alice asks for, and the numbers of those who are to talk with each other afterwards. */
interface Transfer {
  readonly asking: Dialog | undefined;
  readonly target: ReferTarget;
  readonly alice: readonly (Dialog | undefined)[];
  readonly others: readonly [string, string];
}

const blind: ReferTarget = { uri: `sip:${THIRD}@10.0.0.1` };

async function dialledOnly(scene: Scene): Promise<Dialog | undefined> {
  void scene.phones.callTo(numberToDial)?.dialog?.bye();
  return (await scene.dials(OTHER)).dialog;
}

/** Every way in which alice can leave two others to each other. */
export const transfers: Readonly<Record<string, (scene: Scene) => Promise<Transfer>>> = {
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
