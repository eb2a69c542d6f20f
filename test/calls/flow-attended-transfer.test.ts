import { describe, expect, it } from 'vitest';
import { attendedScene, FRIEND, obeying } from '../support/attended-scene.ts';
import { callerId, numberToDial } from '../support/call-world.ts';
import { MUSIC } from '../support/spoken-tones.ts';

const toAlice = { User: 'ada' };
const toFriend = { Target: FRIEND };

describe('a flow that transfers its call, attended', () => {
  it('calls a user, says who comes, and leaves the two to each other', async () => {
    const scene = attendedScene({ ...toAlice, WhisperText: 'x'.repeat(50) });
    const { world, phones, desk, calls, begin, hears, finish } = scene;
    const { session, own } = await begin(() => obeying(scene));
    await world.clock.advance(500);
    expect(hears(phones.callTo(numberToDial)?.rtp)).toEqual([MUSIC]);
    expect(desk.callTo('alice')?.answered).toBe(false);
    await world.clock.advance(1000);
    // Who has answered hears the whisper, and the other one music still.
    expect(hears(phones.callTo(numberToDial)?.rtp)).toEqual([MUSIC]);
    expect(desk.callTo('alice')?.rtp.received.filter(({ payload }) => new Set(payload).size > 10).length).toBeGreaterThan(10);
    await world.clock.advance(1500);
    const [first, second] = desk.calls;
    expect(calls.map(({ log }) => log.events)).toEqual([['sent', '100', 'answered']]);
    expect([first?.ended, second?.ended, own.ended]).toEqual(['us', undefined, true]);
    expect([hears(calls[0]?.rtp), desk.heard('alice')]).toEqual([[3], expect.not.arrayContaining([1])]);
    expect(session.outcome).toBe('Transferred 200 ALICE 0');
    expect(phones.callTo(numberToDial)?.offers).toEqual([]);
    expect(session.lines).toEqual(
      expect.arrayContaining([
        'Calling ALICE',
        'ALICE has answered',
        'The other side is asked to call ALICE in our place',
        'The other side talks with ALICE without us',
      ]),
    );
    expect(session.partyReports).toEqual([expect.objectContaining({ address: 'ALICE', callSid: first?.callId })]);
    await finish();
  });

  it('calls a number as Dial does, with an owned number, and hangs up itself where the phone keeps the call that was replaced', async () => {
    const { world, phones, begin, finish } = attendedScene(toFriend);
    const { session } = await begin(() => () => (report) => void report.tell(200, 'OK'));
    await world.clock.advance(2500);
    expect(phones.callTo(FRIEND)).toMatchObject({ from: callerId, ended: 'peer' });
    expect(session.outcome).toBe(`Transferred 200 ${FRIEND} 0`);
    await finish();
  });

  it('lets the other side hear the music that the node names', async () => {
    const { world, phones, begin, hears, finish } = attendedScene({ ...toFriend, HoldMusic: 'other-music' });
    const { session } = await begin(() => () => (report) => void report.tell(200, 'OK'));
    await world.clock.advance(500);
    expect(hears(phones.callTo(numberToDial)?.rtp)).toEqual([9]);
    await finish();
    expect(session.outcome).toMatch(/^Transferred/);
  });

  it.each([
    ['a number', 5, toFriend],
    ['a number', 13, toFriend],
    ['the phone of a user', 5, toAlice],
    ['the phone of a user', 13, toAlice],
  ])('rings %s for so long: %i s', async (_who, seconds, called) => {
    const { phones, desk, begin, finish } = attendedScene({ ...called, TimeoutInSeconds: seconds }, { [FRIEND]: {}, alice: {} });
    const { session } = await begin();
    await finish();
    expect(session.outcome).toBe('NoAnswer 487  0');
    const [call] = [...desk.calls, ...phones.calls.filter(({ number }) => number === FRIEND)];
    const rangMs = (call?.cancelledAtMs ?? 0) - (call?.atMs ?? 0);
    expect(rangMs).toBeGreaterThanOrEqual(seconds * 1000 - 100);
    expect(rangMs).toBeLessThanOrEqual(seconds * 1000 + 100);
  });

  it.each([
    ['busy', { answerAfterMs: 500, reject: 486 }, 'Busy 486  0'],
    ['rejecting', { answerAfterMs: 500, reject: 603 }, 'Rejected 603  0'],
    ['not there', { answerAfterMs: 500, reject: 480 }, 'NoAnswer 480  0'],
    ['ringing for ever', {}, 'NoAnswer 487  0'],
    ['unknown', { answerAfterMs: 0, reject: 404 }, 'Failed 404  0'],
  ])('asks for nothing when who is called is %s', async (_what, person, outcome) => {
    const asked: unknown[] = [];
    const { begin, finish, phones } = attendedScene(toFriend, { [FRIEND]: person });
    const { session } = await begin(() => (what) => {
      asked.push(what);
      return undefined;
    });
    await finish();
    expect(session.outcome).toBe(outcome);
    expect(asked).toEqual([]);
    expect(phones.callTo(numberToDial)?.ended).toBe('peer');
  });

  it.each([
    ['a caller ID that is not owned', { ...toFriend, CallerId: FRIEND }, {}],
    ['no channel left', toFriend, { maxChannels: 1 }],
    ['no trunk any more', toFriend, { hasTrunk: oneCall() }],
    ['a user who is not there', { User: 'nobody' }, {}],
    ['a SIP URI', { Target: 'sip:+18144043111@10.0.0.2' }, {}],
    ['nobody', {}, {}],
  ])('calls nobody with %s', async (_what, parameters, more) => {
    const { begin, finish, phones, desk } = attendedScene(parameters, {}, more);
    const { session } = await begin();
    await finish();
    expect(session.outcome).toMatch(/^Failed/);
    expect([phones.callTo(FRIEND), desk.callTo('alice')]).toEqual([undefined, undefined]);
  });

  it('calls a user who has no phone nowhere, and says so', async () => {
    const { world, begin, finish, desk } = attendedScene(toAlice);
    world.users.table.clear();
    const { session } = await begin();
    await finish();
    expect(session.outcome).toBe('NoAnswer 480  0');
    expect(desk.calls).toEqual([]);
  });

  it('asks for nobody who has not pressed the key', async () => {
    const { begin, finish, phones } = attendedScene({ ...toFriend, RequireKeyPress: '1' });
    const { session } = await begin(() => () => (report) => void report.tell(200, 'OK'));
    await finish();
    expect(session.outcome).toMatch(/^NoAnswer/);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
  });

  it('takes the first of several, and hangs up on the other', async () => {
    const { begin, finish, phones } = attendedScene({ Target: `${FRIEND}, +18144043222` }, { '+18144043222': { answerAfterMs: 3000 } });
    const { session } = await begin(() => () => (report) => void report.tell(200, 'OK'));
    await finish();
    expect(session.outcome).toBe(`Transferred 200 ${FRIEND} 0`);
    expect(phones.callTo('+18144043222')).toMatchObject({ cancelled: true });
  });
});

/** The account has its trunk for the first call only. */
function oneCall(): () => boolean {
  let asked = 0;
  return () => asked++ === 0;
}
