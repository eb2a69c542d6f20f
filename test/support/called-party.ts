import { expect } from 'vitest';
import { callWorld, nothingLeft, numberToDial, type WorldOptions } from './call-world.ts';
import { type Person, partyPhones } from './party-phones.ts';

/** A call to somebody who answers at once and says 1, in a world with these people besides. */
export async function calledParty(people: Readonly<Record<string, Person>>, options: WorldOptions) {
  const world = callWorld({ phoneIsThere: false, ...options });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, says: 1 }, ...people });
  const session = await world.call();
  return {
    world,
    phones,
    session,
    sessionId: session.row.id,
    live: world.service.live,
    /** Lets the call end; nothing of it is to be left. */
    async over() {
      expect(await world.over(session)).toBe(true);
      const left = await world.finish();
      await phones.close();
      expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 1 }).toEqual(nothingLeft);
    },
  };
}
