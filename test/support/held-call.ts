import { numberToDial, type WorldOptions } from './call-world.ts';
import { calledParty } from './called-party.ts';
import type { Person } from './party-phones.ts';

export const FRIEND = '+18144043111';

/** A call with such a flow, beside which FRIEND may be called, and what the two hear. */
export async function heldCall(
  flow: WorldOptions['flow'],
  people: Readonly<Record<string, Person>> = {},
  options: Pick<WorldOptions, 'recordings'> = {},
) {
  const call = await calledParty(people, { ...options, flow });
  const { world, phones } = call;
  return {
    ...call,
    /** What the two hear in half a second from now on, which begins when the network has carried what went before. */
    async hear() {
      await world.clock.advance(60);
      const sinceMs = world.clock.now();
      await world.clock.advance(500);
      return { caller: phones.heard(numberToDial, sinceMs), friend: phones.heard(FRIEND, sinceMs) };
    },
  };
}
