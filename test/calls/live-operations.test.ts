import { describe, expect, it } from 'vitest';
import { callerId, manager, numberToDial, stranger, type WorldOptions } from '../support/call-world.ts';
import { calledParty } from '../support/called-party.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { incomingScene } from '../support/incoming-scene.ts';
import type { Person } from '../support/party-phones.ts';
import { offerAt } from '../support/raw-caller.ts';

const FRIEND = '+18144043111';
const OTHER = '+18144043222';

/** Speaks for a minute, and would write a line then. */
const flow = flowOf({
  say: ['SayNode', { WhatToSay: 'x'.repeat(3000), Done: to('end') }],
  end: ['HangUpNode', { Outcome: 'Said' }],
});

const called = (people: Readonly<Record<string, Person>>, more: Partial<WorldOptions> = {}) => calledParty(people, { flow, ...more });

describe('redirect', () => {
  it('takes the call out of its flow, joins it with who is called, and hangs up after that', async () => {
    const { world, live, phones, session, sessionId, over } = await called({
      [FRIEND]: { answerAfterMs: 1000, says: 2, hangUpAfterMs: 2000 },
    });
    await world.clock.advance(3000);
    await live.redirect(manager, { sessionId, destination: FRIEND });
    await over();
    expect(session.outcome).toBe('Completed');
    expect(phones.heard(numberToDial)).toContain(2);
    expect(phones.heard(FRIEND)).toContain(1);
    expect(phones.callTo(FRIEND)?.from).toBe(callerId);
    expect(session.lines).toContain(`Redirected to ${FRIEND}`);
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThan(7000);
  });

  it('can be redirected again while it rings: who was called first is cancelled', async () => {
    const { world, live, phones, session, sessionId, over } = await called({
      [FRIEND]: {},
      [OTHER]: { answerAfterMs: 500, says: 3, hangUpAfterMs: 1000 },
    });
    await world.clock.advance(1000);
    await live.redirect(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(1000);
    await live.redirect(manager, { sessionId, destination: OTHER });
    await over();
    expect(phones.callTo(FRIEND)).toMatchObject({ cancelled: true });
    expect(phones.heard(numberToDial)).toContain(3);
    expect(session.outcome).toBe('Completed');
  });

  it.each([
    ['busy', { answerAfterMs: 100, reject: 486 }, 'Busy'],
    ['never answering', {}, 'NoAnswer'],
  ])('hangs up with what became of it when the other is %s', async (_what, person, outcome) => {
    const { world, live, session, sessionId, over } = await called({ [FRIEND]: person });
    await world.clock.advance(1000);
    await live.redirect(manager, { sessionId, destination: FRIEND });
    await over();
    expect(session.outcome).toBe(outcome);
  });

  it('ends with the call when the one who is redirected hangs up', async () => {
    const { world, live, phones, session, sessionId, over } = await called({
      [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 4000 },
      [FRIEND]: { answerAfterMs: 500 },
    });
    await world.clock.advance(1000);
    await live.redirect(manager, { sessionId, destination: FRIEND });
    await over();
    expect(session.outcome).toBe('CalleeHungUp');
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
  });

  it('is refused for strangers, for numbers that are none, for a caller ID of others, and before the answer', async () => {
    const { world, live, phones, sessionId, over } = await called({ [numberToDial]: { answerAfterMs: 2000, hangUpAfterMs: 2000 } });
    await world.clock.advance(1000);
    await expect(live.redirect(manager, { sessionId, destination: FRIEND })).rejects.toMatchObject({ code: 'CONFLICT' });
    await world.clock.advance(2000);
    await expect(live.redirect(stranger, { sessionId, destination: FRIEND })).rejects.toBeInstanceOf(Error);
    await expect(live.redirect(manager, { sessionId })).rejects.toMatchObject({ code: 'REQUIRED' });
    await expect(live.redirect(manager, { sessionId, destination: '12' })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    await expect(live.redirect(manager, { sessionId, destination: FRIEND, callerId: OTHER })).rejects.toMatchObject({
      code: 'CALLER_ID_NOT_OWNED',
    });
    await over();
    expect(phones.calls).toHaveLength(1);
    await expect(live.redirect(manager, { sessionId, destination: FRIEND })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('reject', () => {
  it('gives up a call that rings', async () => {
    const { world, live, phones, session, sessionId, over } = await called({ [numberToDial]: {} });
    await world.clock.advance(1000);
    const rejected = live.reject(manager, { sessionId });
    await over();
    await rejected;
    expect(session.outcome).toBe('Rejected');
    expect(phones.callTo(numberToDial)).toMatchObject({ cancelled: true });
  });

  it.each([
    ['comes', true],
    ['never comes', false],
  ])('gives up a call that has come in while it waits for the answer to our offer, whose ACK %s', async (_what, comes) => {
    const { world, caller, session, finish } = incomingScene({ flow });
    await caller.invite({ sdp: undefined });
    await world.clock.advance(500);
    const sessionId = session()?.row.id ?? '';
    let isOver = false;
    void world.service.live.reject(manager, { sessionId }).then(() => {
      isOver = true;
    });
    await world.clock.advance(500);
    expect(isOver).toBe(true);
    expect(session()).toMatchObject({ outcome: 'Rejected', callState: 'Disconnected' });
    expect(session()?.lines).toContain('Rejected by request');
    // Who is called says BYE when the ACK is there, or never will be (RFC 3261 section 15).
    expect(caller.requests('BYE')).toEqual([]);
    if (comes) await caller.ack({ sdp: offerAt('10.0.0.2') });
    else await world.clock.advance(33_000);
    expect(caller.requests('BYE')).toHaveLength(1);
    expect([caller.heard(), world.liveThings().legs, world.liveThings().streams]).toEqual([0, 0, 0]);
    await expect(world.service.live.reject(manager, { sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await finish();
  });

  it('does not end a call that was answered', async () => {
    const { world, live, sessionId, over } = await called({ [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 2000 } });
    await world.clock.advance(1000);
    await expect(live.reject(manager, { sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
    await over();
  });
});

describe('log', () => {
  it('appends a line while the call is on', async () => {
    const { world, live, session, sessionId, over } = await called({ [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 2000 } });
    await world.clock.advance(1000);
    await live.addLog(manager, { sessionId, message: 'Asks for a refund' });
    await expect(live.addLog(manager, { sessionId, message: ' ' })).rejects.toMatchObject({ code: 'REQUIRED' });
    await expect(live.addLog(manager, { sessionId, message: 'x'.repeat(1001) })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    await over();
    expect(session.lines).toContain('Asks for a refund');
    await expect(live.addLog(manager, { sessionId, message: 'Late' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
