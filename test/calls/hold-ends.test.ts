import { describe, expect, it } from 'vitest';
import { manager, numberToDial } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { FRIEND, heldCall } from '../support/held-call.ts';
import { MUSIC } from '../support/spoken-tones.ts';

/** What a stream sends that has nothing to say. */
const SILENCE = 0xff;

describe('a call on hold', () => {
  it('is over at once when it hangs up after its flow has ended', async () => {
    const { world, live, session, sessionId, over } = await heldCall(flowOf({ wait: ['WaitNode', { Timeout: 2 }] }), {
      [numberToDial]: { answerAfterMs: 100, says: 1, hangUpAfterMs: 4000 },
    });
    await world.clock.advance(1000);
    const answeredAtMs = world.clock.now() - 900;
    await live.hold(manager, { sessionId });
    await world.clock.advance(4000);
    expect(session.callState).toBe('Disconnected');
    await over();
    expect((session.endedAtMs ?? 0) - answeredAtMs).toBeLessThan(4200);
    expect(session.lines.filter((line) => line.includes('not stored'))).toEqual([]);
  });

  it('is not heard by who answers meanwhile, even when its phone refuses to be held', async () => {
    const dials = flowOf({ dial: ['DialNode', { Number: FRIEND, Done: to('done') }], done: ['HangUpNode', { Outcome: 'Done' }] });
    const { world, live, session, sessionId, hear, over } = await heldCall(dials, {
      [numberToDial]: { answerAfterMs: 100, says: 1, refusesChanges: true },
      [FRIEND]: { answerAfterMs: 2000, says: 2, hangUpAfterMs: 6000 },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(3000);
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [SILENCE] });
    void live.patch(manager, { sessionId, callState: 'Connected' });
    expect(await hear()).toEqual({ caller: [2], friend: [1] });
    await over();
    expect(session.lines).toContain('The other side was not told of the hold: it refused the change');
  });

  it('is on hold no more when who was joined with it hangs up: its flow goes on', async () => {
    const dials = flowOf({
      dial: ['DialNode', { Number: FRIEND, Done: to('say') }],
      say: ['SayNode', { WhatToSay: 'hello', Done: to('bye') }],
      bye: ['HangUpNode', { Outcome: 'Done' }],
    });
    const { world, live, session, sessionId, hear, over } = await heldCall(dials, {
      [numberToDial]: { answerAfterMs: 100, says: 1 },
      [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 4000 },
    });
    await world.clock.advance(2000);
    await live.hold(manager, { sessionId });
    expect((await hear()).caller).toEqual([MUSIC]);
    await over();
    expect(session.outcome).toBe('Done');
    expect(session.lines).toContain('No longer on hold');
  });

  it('is on hold no more then, though its phone takes no change by now', async () => {
    let refuses = false;
    const dials = flowOf({
      dial: ['DialNode', { Number: FRIEND, Done: to('say') }],
      say: ['SayNode', { WhatToSay: 'hello', Done: to('bye') }],
      bye: ['HangUpNode', { Outcome: 'Done' }],
    });
    const { world, live, session, sessionId, over } = await heldCall(dials, {
      [numberToDial]: {
        answerAfterMs: 100,
        says: 1,
        get refusesChanges() {
          return refuses;
        },
      },
      [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 4000 },
    });
    await world.clock.advance(2000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(500);
    refuses = true;
    await over();
    expect(session.outcome).toBe('Done');
    expect(session.lines.filter((line) => line.endsWith('hold') || line.startsWith('The other side'))).toEqual([
      'On hold',
      'The other side was not told that the hold is over',
      'No longer on hold',
    ]);
  });

  it('is held again by who asks for it while the other side is still told of the end', async () => {
    const { world, live, session, sessionId, hear, over } = await heldCall(flowOf({ wait: ['WaitNode', { Timeout: 5 }] }));
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(500);
    const changes = [live.patch(manager, { sessionId, callState: 'Connected' }), live.hold(manager, { sessionId })];
    await world.clock.advance(200);
    await Promise.all(changes);
    expect(session.callState).toBe('Hold');
    expect((await hear()).caller).toEqual([MUSIC]);
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await over();
    expect(session.lines.filter((line) => line.endsWith('hold'))).toEqual(['On hold', 'No longer on hold', 'On hold', 'No longer on hold']);
  });

  it('hears no music any more when the hold of its flow ends while the flow says something', async () => {
    const speaks = flowOf({
      hold: ['HoldNode', { Done: to('say') }],
      say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('wait') }],
      wait: ['WaitNode', { Timeout: 3 }],
    });
    const { world, live, session, sessionId, hear, over } = await heldCall(speaks);
    await world.clock.advance(1000);
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await world.clock.advance(2000);
    expect(session.callState).toBe('Connected');
    expect((await hear()).caller).toEqual([SILENCE]);
    await over();
  });

  it('is not heard by the early media of who is called meanwhile', async () => {
    const dials = flowOf({
      wait: ['WaitNode', { Timeout: 2, Done: to('dial') }],
      dial: ['DialNode', { Number: FRIEND, Done: to('done') }],
      done: ['HangUpNode', { Outcome: 'Done' }],
    });
    const { world, live, sessionId, hear, over } = await heldCall(dials, {
      [numberToDial]: { answerAfterMs: 100, says: 1, refusesChanges: true },
      [FRIEND]: { announces: 7, answerAfterMs: 4000, says: 2, hangUpAfterMs: 3000 },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(2500);
    const { caller, friend } = await hear();
    expect(caller).toEqual([MUSIC]);
    expect(friend).not.toContain(1);
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await over();
  });
});
