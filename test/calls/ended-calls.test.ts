import { describe, expect, it } from 'vitest';
import { manager, numberToDial } from '../support/call-world.ts';
import { calledParty } from '../support/called-party.ts';
import { codeOf, sumOf } from '../support/conference-calls.ts';
import { conferenceSession, N } from '../support/conference-session.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import type { SeenSession } from '../support/session-table.ts';

const [FRIEND, OTHER] = ['+18144043111', '+18144043222'] as const;
const [F, O] = [codeOf(4000), codeOf(8000)];

const dialling = flowOf({
  dial: ['DialNode', { Number: FRIEND, Done: to('again'), NoAnswer: to('again'), Failed: to('again') }],
  again: ['DialNode', { Number: OTHER, Done: to('end'), NoAnswer: to('end'), Failed: to('end') }],
  end: ['HangUpNode', { Outcome: 'Dialled' }],
});

/** The Call-ID of the call that the session has placed to this number, as its log says it. */
function callSidOf(session: SeenSession, number: string): string {
  const said = `${number}: Call-ID `;
  return session.lines.find((line) => line.startsWith(said))?.slice(said.length) ?? '';
}

describe('DELETE /sessions/{id}?callSid', () => {
  it('ends one member of a conference, while the others go on', async () => {
    const { world, session, sessionId, conferences, hears, phones, memberAt, over } = await conferenceSession({
      [FRIEND]: { answerAfterMs: 100, says: F },
      [OTHER]: { answerAfterMs: 100, says: O },
    });
    for (const destination of [FRIEND, OTHER]) await conferences.addMember(manager, { sessionId, destination });
    await world.clock.advance(500);
    expect(await hears(numberToDial)).toEqual([[sumOf(F, O)]]);
    let ended = false;
    void world.service.end(manager, sessionId, (await memberAt(FRIEND))?.callSid).then(() => {
      ended = true;
    });
    expect(await world.clock.runUntil(() => ended, 1000)).toBe(true);
    await world.clock.advance(100);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(await hears(numberToDial, OTHER)).toEqual([[O], [N]]);
    expect(session.conference?.members.map(({ address }) => address)).toEqual([numberToDial, OTHER]);
    expect(session.lines).toContain(`${FRIEND}: Ended by request`);
    void world.service.end(manager, sessionId, session.callSid);
    await over();
    expect(phones.callTo(OTHER)?.ended).toBe('peer');
    expect(session.outcome).toBe('Cancelled');
  });

  it('cancels a member who still rings', async () => {
    const { world, session, sessionId, conferences, phones, memberAt, over } = await conferenceSession({ [FRIEND]: {} });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(500);
    void world.service.end(manager, sessionId, (await memberAt(FRIEND))?.callSid);
    await world.clock.advance(500);
    expect(phones.callTo(FRIEND)).toMatchObject({ cancelled: true });
    expect(session.endedAtMs).toBeUndefined();
    void world.service.end(manager, sessionId);
    await over();
  });

  it('ends who was dialled, who talks or still rings, and lets the flow go on', async () => {
    const { world, session, sessionId, phones, over } = await calledParty(
      { [FRIEND]: { answerAfterMs: 500, says: F }, [OTHER]: {} },
      { flow: dialling },
    );
    await world.clock.advance(3000);
    expect(phones.heard(numberToDial)).toContain(F);
    const friend = callSidOf(session, FRIEND);
    void world.service.end(manager, sessionId, friend);
    await world.clock.advance(1000);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(session.lines).toContain(`${OTHER} is ringing`);
    // Who is gone stays so.
    await world.service.end(manager, sessionId, friend);
    void world.service.end(manager, sessionId, callSidOf(session, OTHER));
    await over();
    expect(phones.callTo(OTHER)).toMatchObject({ cancelled: true });
    expect(session.outcome).toBe('Dialled');
  });

  it('ends the session with its own call', async () => {
    const { world, session, sessionId, phones, over } = await calledParty(
      { [FRIEND]: { answerAfterMs: 500, says: F } },
      { flow: dialling },
    );
    await world.clock.advance(3000);
    const own = session.callSid ?? '';
    void world.service.end(manager, sessionId, own);
    await over();
    expect([session.outcome, phones.callTo(FRIEND)?.ended]).toEqual(['Cancelled', 'peer']);
    await world.service.end(manager, sessionId, own);
  });

  it('refuses what is no call of the session, and ends nothing then', async () => {
    const { world, session, sessionId, phones, over } = await calledParty(
      { [FRIEND]: { answerAfterMs: 500, says: F, hangUpAfterMs: 9000 }, [OTHER]: { answerAfterMs: 10, hangUpAfterMs: 9000 } },
      { flow: dialling },
    );
    const other = await world.call({ numberToDial: OTHER });
    await world.clock.advance(3000);
    const refused = { code: 'INVALID_MEMBER', fields: [{ fieldName: 'CallSid' }] };
    for (const callSid of ['no-such-call', other.callSid ?? '']) {
      await expect(world.service.end(manager, sessionId, callSid)).rejects.toMatchObject(refused);
    }
    await world.clock.advance(1000);
    expect([session.endedAtMs, other.endedAtMs, phones.callTo(FRIEND)?.ended]).toEqual([undefined, undefined, undefined]);
    void world.service.end(manager, other.row.id, '');
    await over();
    await expect(world.service.end(manager, sessionId, 'no-such-call')).rejects.toMatchObject(refused);
  });
});
