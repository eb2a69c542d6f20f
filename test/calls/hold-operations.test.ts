import { describe, expect, it } from 'vitest';
import { manager, numberToDial } from '../support/call-world.ts';
import { calledParty } from '../support/called-party.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import type { Person } from '../support/party-phones.ts';
import { MUSIC } from '../support/spoken-tones.ts';

const FRIEND = '+18144043111';

/** Speaks for a minute. */
const flow = flowOf({
  say: ['SayNode', { WhatToSay: 'x'.repeat(3000), Done: to('end') }],
  end: ['HangUpNode', { Outcome: 'Said' }],
});

async function onHold(people: Readonly<Record<string, Person>>) {
  const call = await calledParty({ [numberToDial]: { answerAfterMs: 100, says: 1, hangUpAfterMs: 9000 }, ...people }, { flow });
  await call.world.clock.advance(1000);
  await call.live.hold(manager, { sessionId: call.sessionId });
  await call.world.clock.advance(500);
  expect(call.phones.heard(numberToDial)).toContain(MUSIC);
  return call;
}

describe('a call without another that is on hold', () => {
  it('is on hold no longer when it is redirected: the two talk', async () => {
    const { world, live, phones, session, sessionId, over } = await onHold({ [FRIEND]: { answerAfterMs: 500, says: 2 } });
    await live.redirect(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(2000);
    expect(session.callState).toBe('Connected');
    const sinceMs = world.clock.now();
    await world.clock.advance(500);
    expect(phones.heard(numberToDial, sinceMs)).toEqual([2]);
    expect(phones.heard(FRIEND, sinceMs)).toEqual([1]);
    expect(phones.callTo(numberToDial)?.offers).toEqual(['sendonly', 'sendrecv']);
    await over();
  });

  it('is on hold no longer when it is sent into a conference', async () => {
    const { world, phones, session, sessionId, over } = await onHold({});
    await world.service.conferences.start(manager, { sessionId });
    await world.clock.advance(500);
    expect(session.callState).toBe('Connected');
    const sinceMs = world.clock.now();
    await world.clock.advance(500);
    expect(phones.heard(numberToDial, sinceMs)).not.toContain(MUSIC);
    expect(phones.callTo(numberToDial)?.offers).toEqual(['sendonly', 'sendrecv']);
    await over();
  });
});

describe('a reason to hold', () => {
  it('does not hold a call that is not on hold', async () => {
    const { world, live, phones, sessionId, over } = await calledParty(
      { [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 3000 } },
      { flow },
    );
    await world.clock.advance(1000);
    const info = await live.patch(manager, { sessionId, holdReason: 'Transferring' });
    expect([info.callState, info.holdReason]).toEqual(['Connected', undefined]);
    await world.clock.advance(500);
    expect(phones.callTo(numberToDial)?.offers).toEqual([]);
    await over();
    await expect(live.hold(manager, { sessionId })).rejects.toThrow('The session is over.');
  });
});
