import { expect } from 'vitest';
import { callWorld, manager, nothingLeft, numberToDial, type WorldOptions } from './call-world.ts';
import { codeOf } from './conference-calls.ts';
import { flowOf, to } from './flow-builder.ts';
import { type Person, partyPhones } from './party-phones.ts';

/** What is said at the number that is called. */
export const N = codeOf(2000);

/** Speaks for a minute, and would write a line then. */
const flow = flowOf({
  say: ['SayNode', { WhatToSay: 'x'.repeat(3000), Done: to('end') }],
  end: ['HangUpNode', { Outcome: 'Said' }],
});

/** The session of a call that is up, which may take part in conferences. */
export async function conferenceSession(people: Readonly<Record<string, Person>>, more: Partial<WorldOptions> = {}) {
  const world = callWorld({ flow, phoneIsThere: false, ...more });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, says: N }, ...people });
  const session = await world.call();
  await world.clock.advance(1000);
  const { conferences } = world.service;
  const sessionId = session.row.id;
  return {
    world,
    phones,
    session,
    sessionId,
    conferences,
    /** What somebody hears in the next second, each value once; what comes just now is left out. */
    async hears(...numbers: readonly string[]): Promise<number[][]> {
      await world.clock.advance(200);
      const sinceMs = world.clock.now();
      await world.clock.advance(1000);
      return numbers.map((number) => {
        const received = phones.callTo(number)?.rtp.received ?? [];
        return [...new Set(received.filter(({ atMs }) => atMs > sinceMs).map(({ payload }) => payload[82] ?? -1))];
      });
    },
    /** The member at this number, as the session shows it. */
    async memberAt(number: string) {
      const info = await world.service.conferences.patchMember(manager, { sessionId, callSid: session.callSid ?? '' });
      return info.members?.find(({ address }) => address === number);
    },
    async over() {
      expect(await world.over(session)).toBe(true);
      const left = await world.finish();
      await phones.close();
      expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 1 }).toEqual(nothingLeft);
    },
  };
}
