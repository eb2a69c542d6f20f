import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callerId, manager, numberToDial, stranger } from '../support/call-world.ts';
import { codeOf, sumOf } from '../support/conference-calls.ts';
import { conferenceSession as called, N } from '../support/conference-session.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { MUSIC } from '../support/spoken-tones.ts';

const [FRIEND, OTHER] = ['+18144043111', '+18144043222'] as const;
const [F, O] = [codeOf(4000), codeOf(8000)];

describe('POST /sessions/{id}/conference', () => {
  it('takes the call out of its flow, into a conference of its own', async () => {
    const { session, sessionId, conferences, hears, world, over } = await called({});
    const info = await conferences.start(manager, { sessionId });
    expect(info).toMatchObject({
      id: sessionId,
      callState: 'Connected',
      members: [{ callSid: session.callSid, address: numberToDial, role: 'Caller', callState: 'Connected', muted: false }],
    });
    expect(info.conferenceSid).toMatch(/^[0-9a-f-]{36}$/);
    expect(session.conference).toEqual({ sid: info.conferenceSid, members: info.members });
    expect((await conferences.start(manager, { sessionId })).conferenceSid).toBe(info.conferenceSid);
    expect(await hears(numberToDial)).toEqual([[0xff]]);
    void world.service.end(manager, sessionId);
    await over();
    expect(session.outcome).toBe('Cancelled');
    expect(session.lines).not.toContain('say: Done');
  });

  it('joins one by its name, which is that of a flow too', async () => {
    const meeting = flowOf({ meet: ['ConferenceNode', { Name: 'Sales', Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Met' }] });
    const { world, session, sessionId, conferences, hears, over } = await called(
      { [FRIEND]: { answerAfterMs: 100, says: F, hangUpAfterMs: 6000 } },
      { flow: meeting },
    );
    const sales = session.conference?.sid;
    await conferences.start(manager, { sessionId, name: 'Support' });
    expect(session.conference?.sid).not.toBe(sales);
    await world.call({ numberToDial: FRIEND });
    expect(await hears(numberToDial)).toEqual([[0xff]]);
    await conferences.start(manager, { sessionId, name: ' Sales ' });
    expect(await hears(numberToDial, FRIEND)).toEqual([[F], [N]]);
    void world.service.end(manager, sessionId);
    await over();
  });

  it('is refused for strangers, before the answer, after the end, and where there is no room', async () => {
    const { world, sessionId, conferences, over } = await called(
      { [numberToDial]: { answerAfterMs: 2000, hangUpAfterMs: 2000 }, [FRIEND]: { answerAfterMs: 10 }, [OTHER]: { answerAfterMs: 10 } },
      { conferenceMembers: 2 },
    );
    await expect(conferences.start(manager, { sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
    const others = [await world.call({ numberToDial: FRIEND }), await world.call({ numberToDial: OTHER })];
    await world.clock.advance(1200);
    for (const { row } of others) await conferences.start(manager, { sessionId: row.id, name: 'Sales' });
    await expect(conferences.start(manager, { sessionId, name: 'Sales' })).rejects.toMatchObject({ code: 'CONFERENCE_FULL' });
    await expect(conferences.start(stranger, { sessionId })).rejects.toBeInstanceOf(Error);
    await expect(conferences.start(manager, { sessionId, name: 'x'.repeat(101) })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    for (const { row } of others) await world.service.end(manager, row.id);
    await over();
    await expect(conferences.start(manager, { sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('POST /sessions/{id}/conference/members', () => {
  it('makes the call a conference and calls others into it', async () => {
    const { session, sessionId, conferences, hears, phones, world, over } = await called({
      [FRIEND]: { answerAfterMs: 500, says: F },
      [OTHER]: { answerAfterMs: 500, says: O, hangUpAfterMs: 3000 },
    });
    const info = await conferences.addMember(manager, { sessionId, destination: FRIEND, callSid: session.callSid ?? '' });
    expect(info.members).toEqual([
      { callSid: session.callSid, address: numberToDial, role: 'Caller', callState: 'Connected', muted: false },
      { callSid: expect.any(String), address: FRIEND, role: 'None', callState: 'Ringing', muted: false },
    ]);
    const { conferenceSid } = await conferences.addMember(manager, { sessionId, destination: OTHER });
    expect(conferenceSid).toBe(info.conferenceSid);
    await world.clock.advance(500);
    expect(await hears(numberToDial, FRIEND, OTHER)).toEqual([[sumOf(F, O)], [sumOf(N, O)], [sumOf(N, F)]]);
    expect(phones.callTo(FRIEND)?.from).toBe(callerId);
    await world.clock.advance(3000);
    expect(await hears(numberToDial, FRIEND)).toEqual([[F], [N]]);
    expect(session.conference?.members.map(({ address }) => address)).toEqual([numberToDial, FRIEND]);
    void world.service.end(manager, sessionId);
    await over();
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(session.lines).toEqual(
      expect.arrayContaining([`Calling ${FRIEND}`, `${FRIEND} has joined the conference`, 'Left a conference']),
    );
  });

  it('takes who was dialled by the flow along', async () => {
    const dialling = flowOf({ dial: ['DialNode', { Number: OTHER, Done: to('end') }], end: ['HangUpNode', { Outcome: 'Dialled' }] });
    const { session, sessionId, conferences, hears, phones, world, over } = await called(
      { [OTHER]: { answerAfterMs: 100, says: O }, [FRIEND]: { answerAfterMs: 100, says: F, hangUpAfterMs: 3000 } },
      { flow: dialling },
    );
    expect(await hears(numberToDial, OTHER)).toEqual([[O], [N]]);
    const info = await conferences.addMember(manager, { sessionId, destination: FRIEND });
    expect(info.members?.map(({ address, callState }) => [address, callState])).toEqual([
      [numberToDial, 'Connected'],
      [OTHER, 'Connected'],
      [FRIEND, 'Ringing'],
    ]);
    await world.clock.advance(300);
    expect(await hears(numberToDial, OTHER, FRIEND)).toEqual([[sumOf(O, F)], [sumOf(N, F)], [sumOf(N, O)]]);
    await world.clock.advance(3000);
    expect(await hears(numberToDial, OTHER)).toEqual([[O], [N]]);
    expect(phones.callTo(OTHER)?.ended).toBeUndefined();
    void world.service.end(manager, sessionId);
    await over();
    expect(phones.callTo(OTHER)?.ended).toBe('peer');
    expect(session.outcome).toBe('Cancelled');
  });

  it('hangs up on who rings when the session is over first', async () => {
    const { sessionId, conferences, phones, world, over } = await called({ [FRIEND]: {} });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(500);
    void world.service.end(manager, sessionId);
    await over();
    expect(phones.callTo(FRIEND)).toMatchObject({ cancelled: true });
  });

  it('goes on without who is busy', async () => {
    const { session, sessionId, conferences, world, over } = await called({ [FRIEND]: { answerAfterMs: 100, reject: 486 } });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(1000);
    expect(session.conference?.members).toHaveLength(1);
    void world.service.end(manager, sessionId);
    await over();
  });

  it('lets a redirection take the call out of the conference: who was called into it is hung up on', async () => {
    const { session, sessionId, conferences, phones, world, hears, over } = await called({
      [FRIEND]: { answerAfterMs: 100, says: F },
      [OTHER]: { answerAfterMs: 100, says: O, hangUpAfterMs: 3000 },
    });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(500);
    await world.service.live.redirect(manager, { sessionId, destination: OTHER });
    await world.clock.advance(500);
    expect(await hears(numberToDial, OTHER)).toEqual([[O], [N]]);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(session.conference).toBe(null);
    await over();
    expect(session.outcome).toBe('Completed');
  });

  it('obeys the rules of every call that goes out', async () => {
    const { sessionId, conferences, phones, world, over, session } = await called(
      { [FRIEND]: { answerAfterMs: 100 } },
      { maxChannels: 2, conferenceMembers: 3, prefixes: ['+1'] },
    );
    const add = (request: object) => conferences.addMember(manager, { sessionId, ...request });
    await expect(add({})).rejects.toMatchObject({ code: 'REQUIRED' });
    await expect(add({ destination: '12' })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    await expect(add({ destination: FRIEND, callSid: 'other@call' })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    await expect(add({ destination: FRIEND, fromNumber: OTHER })).rejects.toMatchObject({ code: 'CALLER_ID_NOT_OWNED' });
    await expect(add({ destination: '+4930901820' })).rejects.toMatchObject({ code: 'NO_ROUTE' });
    await expect(conferences.addMember(stranger, { sessionId, destination: FRIEND })).rejects.toBeInstanceOf(Error);
    expect(phones.calls).toHaveLength(1);
    expect(session.conference ?? null).toBe(null);
    await add({ destination: FRIEND, fromNumber: callerId });
    await expect(add({ destination: OTHER })).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    await world.clock.advance(500);
    void world.service.end(manager, sessionId);
    await over();
    expect(phones.calls).toHaveLength(2);
  });

  it('takes no team, whose members are called one by one', async () => {
    const endpoints: Record<string, DialledEndpoint> = {
      sales: { type: 'Team', memberIds: ['friend', 'other'] },
      friend: { type: 'PhoneNumber', e164: FRIEND },
      other: { type: 'PhoneNumber', e164: OTHER },
    };
    const { sessionId, conferences, phones, world, over } = await called({ [FRIEND]: { answerAfterMs: 100 } }, { endpoints });
    await expect(conferences.addMember(manager, { sessionId, destination: 'sales' })).rejects.toMatchObject({ code: 'INVALID_MEMBER' });
    await conferences.addMember(manager, { sessionId, destination: 'friend' });
    await world.clock.advance(500);
    expect(phones.calls.map(({ number }) => number)).toEqual([numberToDial, FRIEND]);
    void world.service.end(manager, sessionId);
    await over();
  });

  it('calls nobody when the call is hung up while they are looked up', async () => {
    const endpoints: Record<string, DialledEndpoint> = { friend: { type: 'PhoneNumber', e164: FRIEND } };
    const { session, sessionId, conferences, phones, world, over } = await called({ [FRIEND]: {} }, { endpoints, lookUpMs: 500 });
    const added = expect(conferences.addMember(manager, { sessionId, destination: 'friend' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('over'),
    });
    await world.clock.advance(100);
    void world.service.end(manager, sessionId);
    await world.clock.advance(1000);
    await added;
    await over();
    expect([phones.calls.length, session.outcome]).toEqual([1, 'Cancelled']);
  });

  it('takes no more than a conference may have, counting those who ring', async () => {
    const { sessionId, conferences, world, over } = await called({ [FRIEND]: {}, [OTHER]: {} }, { conferenceMembers: 2 });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await expect(conferences.addMember(manager, { sessionId, destination: OTHER })).rejects.toMatchObject({ code: 'CONFERENCE_FULL' });
    void world.service.end(manager, sessionId);
    await over();
  });
});

describe('PATCH /sessions/{id}/conference/members/{callSid}', () => {
  it('mutes and holds a member, and ends both', async () => {
    const { session, sessionId, conferences, hears, memberAt, world, over } = await called({
      [FRIEND]: { answerAfterMs: 100, says: F },
      [OTHER]: { answerAfterMs: 100, says: O },
    });
    for (const destination of [FRIEND, OTHER]) await conferences.addMember(manager, { sessionId, destination });
    await world.clock.advance(500);
    const callSid = (await memberAt(FRIEND))?.callSid ?? '';
    const patch = (changes: object) => conferences.patchMember(manager, { sessionId, callSid, ...changes });

    const muted = await patch({ mute: true });
    expect(muted.members?.[1]).toMatchObject({ address: FRIEND, muted: true, callState: 'Connected' });
    expect(await hears(numberToDial, FRIEND, OTHER)).toEqual([[O], [sumOf(N, O)], [N]]);
    const held = await patch({ mute: false, hold: true });
    expect(held.members?.[1]).toMatchObject({ muted: false, callState: 'Hold' });
    expect(await hears(numberToDial, FRIEND, OTHER)).toEqual([[O], [MUSIC], [N]]);
    await patch({ hold: false });
    expect(await hears(numberToDial, FRIEND, OTHER)).toEqual([[sumOf(F, O)], [sumOf(N, O)], [sumOf(N, F)]]);
    await conferences.patchMember(manager, { sessionId, callSid: session.callSid ?? '', mute: true });
    expect(await hears(FRIEND)).toEqual([[O]]);
    expect(session.conference?.members[0]).toMatchObject({ role: 'Caller', muted: true });

    await expect(patch({ callSid: 'nobody@nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(conferences.patchMember(stranger, { sessionId, callSid })).rejects.toBeInstanceOf(Error);
    void world.service.end(manager, sessionId);
    await over();
  });

  it('keeps a member muted over a hold, and one who was not', async () => {
    const { sessionId, conferences, hears, memberAt, world, over } = await called({ [FRIEND]: { answerAfterMs: 100, says: F } });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(500);
    const callSid = (await memberAt(FRIEND))?.callSid ?? '';
    for (const [mute, heard] of [
      [true, 0xff],
      [false, F],
    ] as const) {
      await conferences.patchMember(manager, { sessionId, callSid, mute });
      for (const hold of [true, false]) await conferences.patchMember(manager, { sessionId, callSid, hold });
      expect(await memberAt(FRIEND)).toMatchObject({ muted: mute, callState: 'Connected' });
      expect(await hears(numberToDial)).toEqual([[heard]]);
    }
    void world.service.end(manager, sessionId);
    await over();
  });

  it('finds no member while the call is in no conference', async () => {
    const { session, sessionId, conferences, world, over } = await called({});
    await expect(conferences.patchMember(manager, { sessionId, callSid: session.callSid ?? '', mute: true })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    void world.service.end(manager, sessionId);
    await over();
  });
});
