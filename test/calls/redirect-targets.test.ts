import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callerId, manager, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { calledParty } from '../support/called-party.ts';
import { register } from '../support/dialled-call.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { type Person, partyPhones } from '../support/party-phones.ts';

const FRIEND = '+18144043111';
const BOB_AT = '10.0.1.7';
const flow = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('end') }], end: ['HangUpNode', { Outcome: 'Waited' }] });
/** By their ids, which those of users are too. */
const endpoints: Readonly<Record<string, DialledEndpoint>> = {
  'id of bob': { type: 'User', userId: 'id of bob', userName: 'bob', displayName: 'Bob' },
  'id of alice': { type: 'User', userId: 'id of alice', userName: 'alice', displayName: '' },
  line: { type: 'PhoneNumber', e164: FRIEND },
  sales: { type: 'Team', memberIds: ['line', 'id of bob'] },
  absent: { type: 'Team', memberIds: ['id of alice'] },
  empty: { type: 'Team', memberIds: [] },
};

/** A call that is up, whose callee says 1; FRIEND says 3, and bob has a phone where he says 6. Alice has none. */
async function scene(friend: Person = { answerAfterMs: 2000, says: 3 }, more: Partial<WorldOptions> = {}) {
  const call = await calledParty({ [FRIEND]: friend }, { flow, endpoints, userFlow: { flowId: 'flow-1', parameters: {} }, ...more });
  const { world, phones, sessionId } = call;
  const bob = partyPhones(world, { bob: { answerAfterMs: 300, says: 6 } }, BOB_AT);
  register(world, 'bob', BOB_AT);
  await world.clock.advance(1000);
  return {
    ...call,
    bob,
    /** What the callee hears in the next half second. */
    async hears() {
      const sinceMs = world.clock.now();
      await world.clock.advance(500);
      return phones.heard(numberToDial, sinceMs);
    },
    async finish() {
      void world.service.end(manager, sessionId);
      await world.clock.advance(1000);
      await bob.close();
      phones.calls.push(...bob.calls);
      await call.over();
    },
  };
}

describe('redirect', () => {
  it.each([
    ['the id of a user', 'id of bob', 6, 'Bob'],
    ['the SIP name of a user', 'bob', 6, 'Bob'],
    ['the SIP name of a user between blanks', ' bob ', 6, 'Bob'],
    ['the id of a phone number', 'line', 3, FRIEND],
    ['the id of a team, of whom the first to answer is joined', 'sales', 6, `${FRIEND}, Bob`],
  ])('goes to %s', async (_what, destination, says, names) => {
    const { world, live, sessionId, session, bob, hears, finish } = await scene();
    await live.redirect(manager, { sessionId, destination });
    await world.clock.advance(2500);
    expect(await hears()).toEqual([says]);
    if (says === 6) expect(bob.callTo('bob')?.from).toBe(numberToDial);
    expect(session.lines).toContain(`Redirected to ${names}`);
    await finish();
  });

  it.each([
    ['an id that the account does not have', 'stranger', 'INVALID_MEMBER'],
    ['a team without members', 'empty', 'INVALID_MEMBER'],
    ['a name with characters that no name has', 'bob\u0000', 'INVALID_MEMBER'],
    ['a user without a phone', 'id of alice', 'CONFLICT'],
    ['a team of whom nobody has a phone', 'absent', 'CONFLICT'],
  ])('is refused to %s, and the flow goes on', async (_what, destination, code) => {
    const { live, sessionId, session, phones, finish } = await scene();
    await expect(live.redirect(manager, { sessionId, destination })).rejects.toMatchObject({ code });
    expect(session.lines).not.toContain('Wait: Interrupted');
    expect([session.endedAtMs, phones.calls.length]).toEqual([undefined, 1]);
    await finish();
  });
});

describe('a member of a conference', () => {
  it.each([
    ['the id of a user', 'id of bob', 'Bob'],
    ['the SIP name of a user', 'bob', 'Bob'],
    ['the id of a phone number', 'line', FRIEND],
  ])('may be %s', async (_what, destination, address) => {
    const { world, sessionId, session, phones, bob, finish } = await scene();
    const info = await world.service.conferences.addMember(manager, { sessionId, destination });
    expect(info.members?.map((member) => member.address)).toEqual([numberToDial, address]);
    await world.clock.advance(2500);
    expect(session.conference?.members[1]).toMatchObject({ address, callState: 'Connected' });
    if (address === FRIEND) expect(phones.callTo(FRIEND)?.from).toBe(callerId);
    else expect(bob.callTo('bob')?.from).toBe(numberToDial);
    await finish();
  });

  it('shows a user the number that is asked for', async () => {
    const { world, sessionId, bob, finish } = await scene();
    await world.service.conferences.addMember(manager, { sessionId, destination: 'bob', fromNumber: callerId });
    await world.clock.advance(500);
    expect(bob.callTo('bob')?.from).toBe(callerId);
    await finish();
  });

  it.each([
    ['an id that the account does not have', 'stranger', 'INVALID_MEMBER'],
    ['a team', 'sales', 'INVALID_MEMBER'],
    ['a user without a phone', 'id of alice', 'CONFLICT'],
  ])('is never %s: the flow goes on', async (_what, destination, code) => {
    const { world, sessionId, session, finish } = await scene();
    await expect(world.service.conferences.addMember(manager, { sessionId, destination })).rejects.toMatchObject({ code });
    expect(session.conference ?? null).toBe(null);
    await finish();
  });
});
