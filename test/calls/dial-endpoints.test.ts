import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callerId, nothingLeft, numberToDial } from '../support/call-world.ts';
import { type DialledOptions, dialled } from '../support/dialled-call.ts';
import type { ShortParameter } from '../support/flow-builder.ts';

const FRIEND = '+18144043111';
const DESK = '10.0.1.1';
const MOBILE = '10.0.1.2';

const user = (name: string, more: { readonly digits?: 'info' } = {}): DialledEndpoint => ({
  type: 'User',
  userId: `id of ${name}`,
  userName: name,
  displayName: name.toUpperCase(),
  ...more,
});
const endpoints = {
  ada: user('alice'),
  bob: user('bob'),
  number: { type: 'PhoneNumber', e164: FRIEND },
  team: { type: 'Team', memberIds: ['ada', 'gone', 'bob', 'number'] },
  nobody: { type: 'Team', memberIds: ['gone'] },
} as const;

const dial = (
  parameters: Readonly<Record<string, ShortParameter>>,
  registered: DialledOptions['registered'] = {},
  people: Parameters<typeof dialled>[0] = {},
  more: DialledOptions = {},
) => dialled(people, parameters, { endpoints, userFlow: undefined, registered, ...more });

describe('Dial to a user', () => {
  it('rings all phones that have registered; the first that answers is joined, the other stops ringing', async () => {
    const { session, phones, others, left } = await dial(
      { User: 'ada' },
      { [DESK]: { alice: { answerAfterMs: 1500, says: 2, hangUpAfterMs: 2000 } }, [MOBILE]: { alice: { answerAfterMs: 5000 } } },
    );
    expect(session.outcome).toBe('Done Answered ALICE');
    const [desk, mobile] = others;
    expect(phones.heard(numberToDial)).toContain(2);
    expect(desk?.heard('alice')).toContain(1);
    expect(mobile?.callTo('alice')).toMatchObject({ cancelled: true, answered: false });
    expect(session.lines).toEqual(
      expect.arrayContaining(['Calling ALICE', 'ALICE is ringing', 'ALICE has answered', 'Joined with ALICE', 'ALICE: The callee hung up']),
    );
    expect(session.lines).toContain(`ALICE: Call-ID ${desk?.callTo('alice')?.callId}`);
    expect(desk?.callTo('alice')?.callId).not.toBe(phones.callTo(numberToDial)?.callId);
    expect(left).toEqual(nothingLeft);
  });

  it('tells the phone digits in SIP INFO, when that is how the user has them', async () => {
    const { others, left } = await dial(
      { User: 'ada' },
      { [DESK]: { alice: { answerAfterMs: 500, hangUpAfterMs: 4000 } } },
      { [numberToDial]: { answerAfterMs: 100, presses: { atMs: 2000, keys: '8*' } } },
      { endpoints: { ada: user('alice', { digits: 'info' }) } },
    );
    expect(others[0]?.callTo('alice')?.told).toBe('8*');
    expect(left).toEqual(nothingLeft);
  });

  it('lets the user see who is calling, or the number that the flow asks for', async () => {
    const registered = { [DESK]: { alice: { answerAfterMs: 500, hangUpAfterMs: 500 } } };
    const seen = await dial({ User: 'ada' }, registered);
    expect(seen.others[0]?.callTo('alice')?.from).toBe(numberToDial);
    const asked = await dial({ User: 'ada', CallerId: callerId }, registered);
    expect(asked.others[0]?.callTo('alice')?.from).toBe(callerId);
    const foreign = await dial({ User: 'ada', CallerId: FRIEND }, registered);
    expect(foreign.session.outcome).toBe('Failed');
    expect(foreign.others[0]?.calls).toEqual([]);
    expect([seen.left, asked.left, foreign.left]).toEqual([nothingLeft, nothingLeft, nothingLeft]);
  });

  it('who has no phone registered is left by NoAnswer at once, and the log says why', async () => {
    const { session, left } = await dial({ User: 'ada' });
    expect(session.outcome).toBe('NoAnswer');
    expect(session.lines).toContain('ALICE has no phone that is registered');
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThan(1000);
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    [486, 'Busy'],
    [603, 'Rejected'],
    [480, 'NoAnswer'],
  ])('who answers %i is left by %s', async (reject, outcome) => {
    const { session, left } = await dial({ User: 'ada' }, { [DESK]: { alice: { answerAfterMs: 500, reject } } });
    expect(session.outcome).toBe(outcome);
    expect(left).toEqual(nothingLeft);
  });

  it('calls nobody else where a phone redirects to: it must not choose whom we pay for', async () => {
    // A number at the trunk, a user at the server, and another phone.
    for (const contact of [`sip:${FRIEND}@10.0.0.2`, 'sip:bob@10.0.0.1', `sip:bob@${MOBILE}`]) {
      const { session, phones, others, left } = await dial(
        { User: 'ada' },
        { [DESK]: { alice: { answerAfterMs: 500, reject: 302, movedTo: contact } }, [MOBILE]: { bob: {} } },
        { [FRIEND]: { answerAfterMs: 500 } },
      );
      expect(session.outcome).toBe('Failed');
      expect(phones.calls.map(({ number }) => number)).toEqual([numberToDial]);
      expect(others.map(({ calls }) => calls.length)).toEqual([1, 0]);
      expect(left).toEqual(nothingLeft);
    }
  });

  it('cancels the phones when nobody answers in time, and when the caller hangs up', async () => {
    const late = await dial({ User: 'ada', TimeoutInSeconds: 5 }, { [DESK]: { alice: {} } });
    expect(late.session.outcome).toBe('NoAnswer');
    expect(late.others[0]?.callTo('alice')?.cancelled).toBe(true);
    const gone = await dial({ User: 'ada' }, { [DESK]: { alice: {} } }, { [numberToDial]: { answerAfterMs: 100, hangUpAfterMs: 2000 } });
    expect(gone.session.outcome).toBe('CalleeHungUp');
    expect(gone.others[0]?.callTo('alice')?.cancelled).toBe(true);
    expect([late.left, gone.left]).toEqual([nothingLeft, nothingLeft]);
  });

  it('whispers, and joins only who presses the key', async () => {
    const { session, phones, others, left } = await dial(
      { User: 'ada', WhisperText: 'x'.repeat(50), RequireKeyPress: '1' },
      { [DESK]: { alice: { answerAfterMs: 500, says: 2, presses: { atMs: 1500, keys: '1' }, hangUpAfterMs: 5000 } } },
    );
    expect(session.outcome).toBe('Done Answered ALICE');
    const whispered = others[0]?.callTo('alice')?.rtp.received.filter(({ payload }) => new Set(payload).size > 10) ?? [];
    expect(whispered.length).toBeGreaterThanOrEqual(40);
    expect(phones.heard(numberToDial)).toContain(2);
    expect(left).toEqual(nothingLeft);
  });

  it('needs no channel of a trunk', async () => {
    const { world, session, left } = await dial(
      { User: 'ada' },
      { [DESK]: { alice: { answerAfterMs: 500, hangUpAfterMs: 500 } } },
      {},
      { maxChannels: 1 },
    );
    expect(session.outcome).toBe('Done Answered ALICE');
    expect(world.liveThings()).toMatchObject({ legs: 0 });
    expect(left).toEqual(nothingLeft);
  });
});

describe('Dial to a team', () => {
  it('rings all members that are there at once; the first who answers is joined', async () => {
    const { session, phones, others, left } = await dial(
      { Team: 'team' },
      { [DESK]: { alice: { answerAfterMs: 5000 } }, [MOBILE]: { bob: { answerAfterMs: 1500, hangUpAfterMs: 1000 } } },
      { [FRIEND]: { answerAfterMs: 6000 } },
    );
    expect(session.outcome).toBe('Done Answered BOB');
    const [desk, mobile] = others;
    const rang = [desk?.callTo('alice'), mobile?.callTo('bob'), phones.callTo(FRIEND)];
    expect(rang.map((call) => call?.cancelled)).toEqual([true, false, true]);
    const atMs = rang.map((call) => call?.atMs ?? 0);
    expect(Math.max(...atMs) - Math.min(...atMs)).toBeLessThan(100);
    expect(left).toEqual(nothingLeft);
  });

  it('is left by NoAnswer when no member is there, and by Failed when it has none', async () => {
    const absent = await dial({ Team: 'team' }, {}, { [FRIEND]: {} });
    expect(absent.session.outcome).toBe('NoAnswer');
    const none = await dial({ Team: 'nobody' });
    expect(none.session.outcome).toBe('Failed');
    expect(none.session.lines).toContainEqual(expect.stringContaining('The team has no members'));
    expect([absent.left, none.left]).toEqual([nothingLeft, nothingLeft]);
  });

  it('is an endpoint too', async () => {
    const { session, left } = await dial({ Endpoint: 'team' }, { [DESK]: { alice: { answerAfterMs: 500, hangUpAfterMs: 1000 } } });
    expect(session.outcome).toBe('Done Answered ALICE');
    expect(left).toEqual(nothingLeft);
  });
});

describe('Dial to an endpoint', () => {
  it('that is a number calls it over the trunk', async () => {
    const { session, phones, left } = await dial(
      { Endpoint: 'number' },
      {},
      { [FRIEND]: { answerAfterMs: 500, says: 3, hangUpAfterMs: 1000 } },
    );
    expect(session.outcome).toBe(`Done Answered ${FRIEND}`);
    expect(phones.callTo(FRIEND)?.from).toBe(callerId);
    expect(phones.heard(numberToDial)).toContain(3);
    expect(left).toEqual(nothingLeft);
  });

  it('that is a user rings the phones of that user', async () => {
    const { session, left } = await dial({ Endpoint: 'bob' }, { [DESK]: { bob: { answerAfterMs: 500, hangUpAfterMs: 500 } } });
    expect(session.outcome).toBe('Done Answered BOB');
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['does not exist', { Endpoint: 'gone' }, 'no endpoint with this id'],
    ['is no user', { User: 'number' }, 'not of type User'],
    ['is no team', { Team: 'ada' }, 'not of type Team'],
    ['is one of two', { User: 'ada', Number: FRIEND }, 'Give one of'],
    ['is not given', {}, 'Give one of'],
  ])('that %s fails, and nobody is called', async (_what, parameters, message) => {
    const { session, phones, left } = await dial(parameters);
    expect(session.outcome).toBe('Failed');
    expect(session.lines).toContainEqual(expect.stringContaining(message));
    expect(phones.calls.map(({ number }) => number)).toEqual([numberToDial]);
    expect(left).toEqual(nothingLeft);
  });
});
