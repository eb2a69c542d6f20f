import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callerId, manager, numberToDial } from '../support/call-world.ts';
import { codeOf } from '../support/conference-calls.ts';
import { conferenceSession, N } from '../support/conference-session.ts';
import { register } from '../support/dialled-call.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { partyPhones } from '../support/party-phones.ts';

const [FRIEND, OTHER] = ['+18144043111', '+18144043222'] as const;
const DESK = '10.0.1.1';
const [F, O] = [codeOf(4000), codeOf(8000)];

describe('whoever is called into a conference', () => {
  it('is no member when the call could not be placed', async () => {
    const { world, session, sessionId, conferences, memberAt, over } = await conferenceSession({ [FRIEND]: {} }, { maxChannels: 2 });
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await expect(conferences.addMember(manager, { sessionId, destination: OTHER })).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    expect(await memberAt(OTHER)).toBeUndefined();
    expect(session.conference?.members.map(({ address }) => address)).toEqual([numberToDial, FRIEND]);
    void world.service.end(manager, sessionId);
    await over();
  });

  it('cannot be called once the account has no trunk left, which a later attempt may find again', async () => {
    let hasTrunk = true;
    const { world, sessionId, conferences, over } = await conferenceSession({}, { hasTrunk: () => hasTrunk });
    hasTrunk = false;
    await expect(conferences.addMember(manager, { sessionId, destination: FRIEND })).rejects.toMatchObject({
      code: 'NO_TRUNK',
      retryAfterSeconds: 60,
    });
    void world.service.end(manager, sessionId);
    await over();
  });

  it('sees at the phone of a user with whom the session talks, unless another number is asked for', async () => {
    const endpoints: Record<string, DialledEndpoint> = {
      ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
    };
    const { world, sessionId, conferences, phones, over } = await conferenceSession({}, { endpoints, userFlow: undefined });
    const desk = partyPhones(world, { alice: { answerAfterMs: 100, hangUpAfterMs: 500 } }, DESK);
    register(world, 'alice', DESK);
    for (const more of [{}, { fromNumber: callerId }]) {
      await conferences.addMember(manager, { sessionId, destination: 'ada', ...more });
      await world.clock.advance(1500);
    }
    expect(desk.calls.map(({ from }) => from)).toEqual([numberToDial, callerId]);
    void world.service.end(manager, sessionId);
    await world.clock.advance(2000);
    await desk.close();
    phones.calls.push(...desk.calls);
    await over();
  });

  it('leaves room for another by hanging up', async () => {
    const { world, sessionId, conferences, hears, over } = await conferenceSession(
      { [FRIEND]: { answerAfterMs: 100, says: F, hangUpAfterMs: 1000 }, [OTHER]: { answerAfterMs: 100, says: O } },
      { conferenceMembers: 2 },
    );
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.clock.advance(1500);
    await conferences.addMember(manager, { sessionId, destination: OTHER });
    await world.clock.advance(300);
    expect(await hears(numberToDial, OTHER)).toEqual([[O], [N]]);
    void world.service.end(manager, sessionId);
    await over();
  });

  it('is hung up on when others have taken the room before the answer', async () => {
    const meeting = flowOf({ meet: ['ConferenceNode', { Name: 'Sales', Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Met' }] });
    const { world, session, sessionId, conferences, phones, hears, over } = await conferenceSession(
      { [FRIEND]: { answerAfterMs: 2000, says: F }, [OTHER]: { answerAfterMs: 100, says: O, hangUpAfterMs: 5000 } },
      { flow: meeting, conferenceMembers: 2 },
    );
    await conferences.addMember(manager, { sessionId, destination: FRIEND });
    await world.call({ numberToDial: OTHER });
    await world.clock.advance(2200);
    expect(session.lines).toContain(`There is no room in the conference for ${FRIEND}`);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    expect(await hears(numberToDial, OTHER)).toEqual([[O], [N]]);
    expect(session.conference?.members.map(({ address }) => address)).toEqual([numberToDial]);
    void world.service.end(manager, sessionId);
    await over();
  });
});
