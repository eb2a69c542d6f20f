import { describe, expect, it } from 'vitest';
import { callerId, callWorld, nothingLeft, numberToDial, SERVER, type WorldOptions } from '../support/call-world.ts';
import { targetAt } from '../support/carriers.ts';
import { register } from '../support/dialled-call.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { incomingScene } from '../support/incoming-scene.ts';
import { partyPhones } from '../support/party-phones.ts';
import { type InviteOptions, rawCaller } from '../support/raw-caller.ts';
import { OTHER, THIRD, talking } from '../support/transfer-world.ts';

const FRIEND = '+18144043111';
const CARRIER = '10.0.0.3';

const person = { answerAfterMs: 100, hangUpAfterMs: 2000 };
const dialling = (whom: Readonly<Record<string, string>>) =>
  flowOf({
    dial: ['DialNode', { ...whom, Done: to('bye'), Failed: to('failed') }],
    bye: ['HangUpNode'],
    failed: ['HangUpNode', { Outcome: 'NotReached' }],
  });

/** Somebody calls, and the flow dials on, over a trunk or to the phone of a user: what left for it, and what became of the call. */
async function forwarded(options: InviteOptions, whom: Readonly<Record<string, string>> = { Number: FRIEND }) {
  const left: string[] = [];
  const world = callWorld({
    flow: dialling(whom),
    endpoints: { ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'Ada' } },
    userFlow: undefined,
    phoneIsThere: false,
    targets: [targetAt(CARRIER)],
    filter: (bytes, _from, { address }) => {
      const text = Buffer.from(bytes).toString();
      if (address === CARRIER && text.startsWith('INVITE')) left.push(/^Max-Forwards: (.*)\r$/m.exec(text)?.[1] ?? '');
      return 'pass';
    },
  });
  const phones = partyPhones(world, { [FRIEND]: person, alice: person }, CARRIER);
  register(world, 'alice', CARRIER);
  const caller = rawCaller(world);
  await caller.invite(options);
  await caller.ack();
  await world.clock.advance(30_000);
  const [session] = [...world.sessions.values()];
  phones.forget();
  await phones.close();
  await caller.close();
  expect(await world.finish()).toEqual(nothingLeft);
  return { left, session };
}

describe('Max-Forwards of a call that a flow dials for one that has come in', () => {
  it.each([
    ['70', '69'],
    ['1', '0'],
    ['0012', '11'],
    ['71', '70'],
    ['255', '70'],
  ])('is one less than that of the other: %s becomes %s', async (value, next) => {
    expect((await forwarded({ maxForwards: value })).left).toEqual([next]);
  });

  it.each([[undefined], ['many'], ['-1'], ['256'], ['99999999999999999999'], ['1e1']])(
    'is 69 when that has none that counts: %s',
    async (value) => {
      expect((await forwarded({ maxForwards: value })).left).toEqual(['69']);
    },
  );

  it('keeps a call from leaving that has no hop left: the caller is answered, and the flow goes on as with any call that fails', async () => {
    const { left, session } = await forwarded({ maxForwards: '0' });
    expect(left).toEqual([]);
    expect(session).toMatchObject({ answeredAtMs: expect.any(Number), outcome: 'NotReached' });
    expect(session?.partyReports).toMatchObject([{ address: FRIEND, sipCause: 483 }]);
    expect(session?.lines).toContain(
      `${FRIEND}: The call failed (SIP 483 The call has come through too many systems, or goes in a circle)`,
    );
  });
});

describe('Max-Forwards of a call to the phone of a user', () => {
  it('is one less than that of the call that has come in, too', async () => {
    expect((await forwarded({ maxForwards: '5' }, { User: 'ada' })).left).toEqual(['4']);
  });

  it('keeps it from ringing when no hop is left', async () => {
    const { left, session } = await forwarded({ maxForwards: '0' }, { User: 'ada' });
    expect(left).toEqual([]);
    expect(session).toMatchObject({ outcome: 'NotReached', partyReports: [{ address: 'Ada', sipCause: 483 }] });
  });
});

describe('a call with Max-Forwards 0', () => {
  it('is answered: it has arrived', async () => {
    const { caller, session, finish } = incomingScene();
    await caller.invite({ maxForwards: '0' });
    await caller.ack();
    expect(caller.statuses()).toEqual([100, 180, 200]);
    await finish();
    expect(session()?.outcome).toBe('Served');
  });
});

describe('a number whose flow dials it again', () => {
  const circle: WorldOptions = {
    flow: dialling({ Number: callerId }),
    phoneIsThere: false,
    phoneAt: SERVER,
    targets: [targetAt(SERVER)],
    trunk: { callsPerSecond: 10_000, maxChannels: 400 },
    mediaStreams: 400,
  };

  it('ends after seventy rounds, where there is room for more, and leaves nothing', async () => {
    const world = callWorld(circle);
    await world.call({ numberToDial: callerId });
    await world.clock.advance(120_000);
    // The call from here, and two circles: the one that it begins, and the one that its own flow does.
    expect(world.sessions.size).toBe(1 + 2 * 71);
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

it('is that of the call of a user also when the phone sends whom it has dialled on to somebody else', async () => {
  const left: string[] = [];
  const { world, phones, dials, refer, finish } = await talking(
    {},
    {},
    {
      filter: (bytes, from) => {
        const text = Buffer.from(bytes).toString();
        const [, to = '', forwards = ''] = /^INVITE sip:([^@]*)@.*?\r\nMax-Forwards: (\d+)\r\n/s.exec(text) ?? [];
        if (from.address === SERVER && [OTHER, THIRD].includes(to)) left.push(`${to} ${forwards}`);
        return 'pass';
      },
    },
  );
  void phones.callTo(numberToDial)?.dialog?.bye();
  const { dialog } = await dials(OTHER, { maxForwards: 10 });
  refer(dialog, { uri: `sip:${THIRD}@10.0.0.1` });
  await world.clock.advance(2000);
  void phones.callTo(THIRD)?.dialog?.bye();
  await finish();
  expect(left).toEqual([`${OTHER} 9`, `${THIRD} 9`]);
});
