import { describe, expect, it } from 'vitest';
import { manager, numberToDial, stranger } from '../support/call-world.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { heldCall as called, FRIEND } from '../support/held-call.ts';
import type { Person } from '../support/party-phones.ts';
import { MUSIC, OTHER_MUSIC } from '../support/spoken-tones.ts';

const OTHER = '+18144043222';
/** What a stream sends that has nothing to say. */
const SILENCE = 0xff;

const dials = flowOf({
  dial: ['DialNode', { Number: FRIEND, Done: to('done'), NoAnswer: to('none') }],
  done: ['HangUpNode', { Outcome: 'Done' }],
  none: ['HangUpNode', { Outcome: 'NoAnswer' }],
});
/** 2 s of speech, then the end. */
const says = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('end') }], end: ['HangUpNode', { Outcome: 'Said' }] });
const asks = flowOf({
  ask: ['GatherNode', { TimeoutInSeconds: 2, Digits: into('Digit'), Done: to('done'), NoInput: to('none') }],
  done: ['HangUpNode', { Outcome: 'Digit {{ Session.Digit }}' }],
  none: ['HangUpNode', { Outcome: 'NoInput' }],
});

const bridged = (people: Readonly<Record<string, Person>> = {}) =>
  called(dials, { [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 20_000 }, ...people });
const talking = { caller: [2], friend: [1] };

describe('a call that is joined with another', () => {
  it('is held with music while the other hears nothing, and both talk again after that', async () => {
    const { world, live, phones, session, sessionId, hear, over } = await bridged();
    await world.clock.advance(1000);
    expect(await hear()).toEqual(talking);
    expect(await live.hold(manager, { sessionId, reason: 'Transferring' })).toMatchObject({
      callState: 'Hold',
      holdReason: 'Transferring',
      heldByUserId: 'u',
    });
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [SILENCE] });
    expect(session).toMatchObject({ callState: 'Hold', state: { hold: { reason: 'Transferring', byUserId: 'u' } } });
    await world.clock.advance(5000);
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [SILENCE] });
    const resumed = live.patch(manager, { sessionId, callState: 'Connected' });
    await world.clock.advance(100);
    const info = await resumed;
    expect([info.callState, info.holdReason, info.heldByUserId]).toEqual(['Connected', undefined, undefined]);
    expect(session.state).not.toHaveProperty('hold');
    expect(await hear()).toEqual(talking);
    expect(phones.callTo(numberToDial)?.offers).toEqual(['sendonly', 'sendrecv']);
    expect(phones.callTo(FRIEND)?.offers).toEqual([]);
    expect(session.lines).toEqual(expect.arrayContaining(['On hold for a transfer', 'No longer on hold']));
    await over();
    expect(session.outcome).toBe('Done');
  });

  it.each(['the one who was called', 'the call of the session'])('is held by whose call is named: %s', async (holder) => {
    const { world, live, phones, sessionId, hear, over } = await bridged();
    await world.clock.advance(1000);
    const byFriend = holder === 'the one who was called';
    const callSid = phones.callTo(byFriend ? FRIEND : numberToDial)?.callId ?? '';
    await live.hold(manager, { sessionId, callSid, audioFile: OTHER_MUSIC });
    expect(await hear()).toEqual(byFriend ? { caller: [9], friend: [SILENCE] } : { caller: [SILENCE], friend: [9] });
    expect(phones.callTo(byFriend ? numberToDial : FRIEND)?.offers).toEqual(['sendonly']);
    await over();
  });

  it('is held also by a phone that refuses the change, and talks again', async () => {
    const { world, live, phones, session, sessionId, hear, over } = await bridged({
      [numberToDial]: { answerAfterMs: 100, says: 1, refusesChanges: true },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [SILENCE] });
    await live.patch(manager, { sessionId, callState: 'Connected' });
    expect(await hear()).toEqual(talking);
    expect(phones.callTo(numberToDial)?.offers).toEqual(['sendonly']);
    expect(session.lines).toContain('The other side was not told of the hold: it refused the change');
    await over();
  });

  it('goes on with its flow when the one who waits hangs up', async () => {
    const { world, live, phones, session, sessionId, over } = await bridged({ [FRIEND]: { answerAfterMs: 100, hangUpAfterMs: 2000 } });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await over();
    expect(session.outcome).toBe('Done');
    expect(phones.callTo(numberToDial)?.offers).toEqual(['sendonly', 'sendrecv']);
    expect(session.lines).toContain('No longer on hold');
  });

  it('ends when the one who is held hangs up', async () => {
    const { world, live, phones, session, sessionId, over } = await bridged({
      [numberToDial]: { answerAfterMs: 100, says: 1, hangUpAfterMs: 2000 },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await over();
    expect(session).toMatchObject({ outcome: 'CalleeHungUp', callState: 'Disconnected' });
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
  });

  it('can be redirected while it is on hold', async () => {
    const { world, live, phones, session, sessionId, over } = await bridged({
      [OTHER]: { answerAfterMs: 500, says: 3, hangUpAfterMs: 2000 },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId, reason: 'Transferring' });
    await world.clock.advance(1000);
    await live.redirect(manager, { sessionId, destination: OTHER });
    await over();
    expect(session.outcome).toBe('Completed');
    expect(phones.heard(OTHER)).toContain(1);
    expect(phones.heard(numberToDial)).toContain(3);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
  });

  it('is joined after the hold when it was on hold while the other answered', async () => {
    const { world, live, sessionId, hear, over } = await bridged({ [FRIEND]: { answerAfterMs: 3000, says: 2, hangUpAfterMs: 9000 } });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    expect(await hear()).toMatchObject({ caller: [MUSIC] });
    await world.clock.advance(4000);
    expect(await hear()).toEqual({ caller: [MUSIC], friend: [SILENCE] });
    void live.patch(manager, { sessionId, callState: 'Connected' });
    expect(await hear()).toEqual(talking);
    await over();
  });
});

describe('a call without another', () => {
  it('is held with music, and what it was hearing begins anew after that', async () => {
    const { world, live, session, sessionId, hear, over } = await called(says);
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    expect((await hear()).caller).toEqual([MUSIC]);
    await world.clock.advance(60_000);
    expect((await hear()).caller).toEqual([MUSIC]);
    const resumedAtMs = world.clock.now();
    await Promise.all([live.patch(manager, { sessionId, callState: 'Connected' }), world.clock.advance(100)]);
    expect((await hear()).caller).not.toContain(MUSIC);
    await over();
    expect(session.outcome).toBe('Said');
    expect((session.endedAtMs ?? 0) - resumedAtMs).toBeGreaterThan(2000);
  });

  it('does not lose patience meanwhile, nor hang up', async () => {
    const { world, live, session, sessionId, over } = await called(asks, {
      [numberToDial]: { answerAfterMs: 100, presses: { atMs: 12_000, keys: '5' } },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(10_000);
    await Promise.all([live.patch(manager, { sessionId, callState: 'Connected' }), world.clock.advance(100)]);
    await over();
    expect(session.outcome).toBe('Digit 5');
  });

  it('is not hung up by a flow that ends meanwhile', async () => {
    const { world, live, session, sessionId, hear, over } = await called(flowOf({ wait: ['WaitNode', { Timeout: 2 }] }));
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(5000);
    expect((await hear()).caller).toEqual([MUSIC]);
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await over();
    expect(session.outcome).toBe('Completed');
  });

  it('stays on hold when the other side refuses to resume, until it agrees', async () => {
    let refuses = false;
    const { world, live, session, sessionId, hear, over } = await called(says, {
      [numberToDial]: {
        answerAfterMs: 100,
        says: 1,
        hangUpAfterMs: 9000,
        get refusesChanges() {
          return refuses;
        },
      },
    });
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(1000);
    refuses = true;
    const resumed = live.patch(manager, { sessionId, callState: 'Connected' });
    const refused = expect(resumed).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.clock.advance(100);
    await refused;
    expect((await hear()).caller).toEqual([MUSIC]);
    expect(session.callState).toBe('Hold');
    refuses = false;
    await Promise.all([live.patch(manager, { sessionId, callState: 'Connected' }), world.clock.advance(100)]);
    expect(session.callState).toBe('Connected');
    await over();
  });

  it('is held again and again, for one reason and then another', async () => {
    const { world, live, sessionId, session, phones, over } = await called(says);
    await world.clock.advance(500);
    for (let round = 0; round < 3; round++) {
      await live.hold(manager, { sessionId });
      expect(await live.patch(manager, { sessionId, holdReason: 'Transferring' })).toMatchObject({ holdReason: 'Transferring' });
      await Promise.all([live.patch(manager, { sessionId, callState: 'Connected' }), world.clock.advance(200)]);
    }
    await over();
    expect(session.outcome).toBe('Said');
    expect(phones.callTo(numberToDial)?.offers.at(-1)).toBe('sendrecv');
  });
});

describe('a hold', () => {
  it('is refused to strangers, before the answer, for calls of others, and for states that nobody can ask for', async () => {
    const { world, live, sessionId, over } = await called(says, { [numberToDial]: { answerAfterMs: 2000, says: 1 } });
    await world.clock.advance(1000);
    await expect(live.hold(manager, { sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.clock.advance(1500);
    await expect(live.hold(stranger, { sessionId })).rejects.toBeInstanceOf(Error);
    await expect(live.hold(manager, { sessionId, callSid: 'other' })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    await expect(live.patch(manager, { sessionId, callState: 'Passive' })).rejects.toMatchObject({ fields: [{ fieldName: 'CallState' }] });
    expect(await live.patch(manager, { sessionId, callState: 'Connected' })).toMatchObject({ callState: 'Connected' });
    await over();
    await expect(live.hold(manager, { sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('a hold by the flow', () => {
  const flow = flowOf({
    hold: ['HoldNode', { Done: to('wait') }],
    wait: ['WaitNode', { Timeout: 2, Done: to('say') }],
    say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('more') }],
    more: ['WaitNode', { Timeout: 2, Done: to('resume') }],
    resume: ['ResumeNode', { Done: to('last') }],
    last: ['WaitNode', { Timeout: 2, Done: to('dial') }],
    dial: ['DialNode', { Number: FRIEND, Done: to('done') }],
    done: ['HangUpNode', { Outcome: 'Done' }],
  });

  it('plays music whenever the flow plays nothing, until Resume', async () => {
    const { world, phones, session, hear, over } = await called(flow, { [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 1000 } });
    await world.clock.advance(1000);
    expect((await hear()).caller).toEqual([MUSIC]);
    expect(session).toMatchObject({ callState: 'Hold', state: { hold: { reason: 'None' } } });
    await world.clock.advance(1000);
    expect((await hear()).caller).not.toContain(MUSIC);
    await world.clock.advance(1500);
    expect((await hear()).caller).toEqual([MUSIC]);
    await world.clock.advance(1500);
    expect((await hear()).caller).toEqual([SILENCE]);
    expect(session.callState).toBe('Connected');
    await over();
    expect(phones.callTo(numberToDial)?.offers).toEqual(['sendonly', 'sendrecv']);
    expect(phones.heard(numberToDial)).toContain(2);
    expect(session.outcome).toBe('Done');
  });

  it('ends when the call is joined with somebody', async () => {
    const joins = flowOf({ hold: ['HoldNode', { Done: to('dial') }], dial: ['DialNode', { Number: FRIEND }] });
    const { world, hear, over } = await called(joins, { [FRIEND]: { answerAfterMs: 1000, says: 2, hangUpAfterMs: 3000 } });
    await world.clock.advance(1800);
    expect(await hear()).toEqual(talking);
    await over();
  });

  it('is not undone by Resume when somebody else holds the call', async () => {
    const resumes = flowOf({
      wait: ['WaitNode', { Timeout: 2, Done: to('resume') }],
      resume: ['ResumeNode', { Done: to('say') }],
      say: ['SayNode', { WhatToSay: 'x' }],
    });
    const { world, live, sessionId, hear, over } = await called(resumes);
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(2000);
    expect((await hear()).caller).toEqual([MUSIC]);
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await over();
  });

  it('does not change for what somebody else holds the call', async () => {
    const holds = flowOf({
      wait: ['WaitNode', { Timeout: 2, Done: to('hold') }],
      hold: ['HoldNode', { Done: to('more') }],
      more: ['WaitNode', { Timeout: 2 }],
    });
    const { world, live, session, sessionId, over } = await called(holds);
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId, reason: 'Transferring' });
    await world.clock.advance(2000);
    expect(session.state).toMatchObject({ hold: { reason: 'Transferring', byUserId: 'u' } });
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await over();
  });

  it('is not undone by Resume once somebody else holds the call, too', async () => {
    const resumes = flowOf({
      hold: ['HoldNode', { Done: to('wait') }],
      wait: ['WaitNode', { Timeout: 2, Done: to('resume') }],
      resume: ['ResumeNode', { Done: to('more') }],
      more: ['WaitNode', { Timeout: 2 }],
    });
    const { world, live, session, sessionId, hear, over } = await called(resumes);
    await world.clock.advance(1000);
    await live.hold(manager, { sessionId });
    await world.clock.advance(2000);
    expect((await hear()).caller).toEqual([MUSIC]);
    expect(session.callState).toBe('Hold');
    void live.patch(manager, { sessionId, callState: 'Connected' });
    await over();
  });
});
