import { expect } from 'vitest';
import { familyOf } from '../../src/wire/ip-address.ts';
import { callWorld, manager, numberToDial, type WorldOptions } from './call-world.ts';
import { targetAt } from './carriers.ts';
import { dialScene } from './dialled-call.ts';
import { flowOf, to } from './flow-builder.ts';
import { type CallsOfAKind, isHeard, type Kind, LastingWorld, type Outcomes, SETTLED_MS } from './lasting-world.ts';
import { type Person, partyPhones } from './party-phones.ts';
import type { SeenSession } from './session-table.ts';
import { MUSIC } from './spoken-tones.ts';
import { FRIEND } from './transfer-world.ts';

const [SERVER_SIX, CARRIER_SIX] = ['2001:db8::1', '2001:db8::2'] as const;
const MOST_MS = 60_000;
const answers: Person = { answerAfterMs: 100, says: 1 };

/** Whether the one who was called first and FRIEND have heard each other. */
const areJoined = (phones: ReturnType<typeof partyPhones>): boolean =>
  phones.heard(FRIEND).includes(1) && phones.heard(numberToDial).includes(2);

/** Who is dialled hears what the call is about, and then presses the key that takes it. */
const takesByKey: Kind = (options) => {
  const people = { [FRIEND]: { answerAfterMs: 1000, says: 2 } };
  const { world, phones } = dialScene(people, { Number: FRIEND, WhisperText: 'x'.repeat(10), RequireKeyPress: '1' }, options);
  const call = async (): Promise<Outcomes> => {
    const session = await world.call();
    const until = (isSo: () => boolean) => world.clock.runUntil(() => isSo() || session.endedAtMs !== undefined, MOST_MS);
    await until(() => phones.heard(FRIEND).length > 0);
    await world.clock.advance(SETTLED_MS);
    // It has been said by now. Until the key the two are not joined.
    expect([phones.heard(FRIEND).includes(1), phones.heard(numberToDial).includes(2)]).toEqual([false, false]);
    const friend = phones.callTo(FRIEND);
    if (isHeard(options)) {
      await friend?.press?.('1');
      await until(() => areJoined(phones));
    } else {
      void friend?.dialog?.tellDigit('1', 100);
      await world.clock.advance(3 * SETTLED_MS);
    }
    void friend?.dialog?.bye();
    expect(await world.over(session)).toBe(true);
    return [session.outcome];
  };
  return new LastingWorld({ world, phones: [phones], call });
};

/** All members of a team ring; one takes the call, and the others are told that. */
const ringsTeam: Kind = (options) => {
  const user = (name: string) => ({ type: 'User', userId: `id of ${name}`, userName: name, displayName: name.toUpperCase() }) as const;
  const { world, phones, others } = dialScene(
    { [FRIEND]: {} },
    { Team: 'team', TimeoutInSeconds: 60 },
    {
      ...options,
      endpoints: {
        ada: user('alice'),
        bob: user('bob'),
        number: { type: 'PhoneNumber', e164: FRIEND },
        team: { type: 'Team', memberIds: ['ada', 'bob', 'number'] },
      },
      userFlow: undefined,
      registered: { '10.0.1.1': { alice: {} }, '10.0.1.2': { bob: { answerAfterMs: 1500, says: 2 } } },
    },
  );
  const [desk, mobile] = others;
  const call = async (): Promise<Outcomes> => {
    const session = await world.call();
    const until = (isSo: () => boolean) => world.clock.runUntil(() => isSo() || session.endedAtMs !== undefined, MOST_MS);
    const taken = () => mobile?.callTo('bob');
    const isUp = (): boolean => taken()?.dialog?.state.invite.acked === true;
    const talk = (): boolean => mobile?.heard('bob').includes(1) === true && phones.heard(numberToDial).includes(2);
    await until(() => (isHeard(options) ? talk() : isUp()));
    const rest = () => [desk?.callTo('alice'), phones.callTo(FRIEND)];
    await until(() => rest().every((one) => one?.cancelled));
    const told = rest().map((one) => (one?.cancelled && !one.answered ? 'cancelled' : 'ringing'));
    void taken()?.dialog?.bye();
    expect(await world.over(session)).toBe(true);
    return [[...told, session.outcome].join(', ')];
  };
  return new LastingWorld({ world, phones: [phones, ...others], call });
};

/** A server of both families calls through a carrier that has IPv6 alone. */
const dialsOverSix: Kind = ({ filter, ...options }) => {
  const people = { [FRIEND]: { answerAfterMs: 1000, says: 2 } };
  const { world, phones } = dialScene(
    people,
    { Number: FRIEND },
    {
      ...options,
      otherServer: SERVER_SIX,
      phonesAt: CARRIER_SIX,
      targets: [targetAt(CARRIER_SIX)],
      // Between the families there is no way.
      filter: (bytes, from, to, nth) =>
        familyOf(from.address) === familyOf(to.address) ? (filter?.(bytes, from, to, nth) ?? 'pass') : 'drop',
    },
  );
  const call = async (): Promise<Outcomes> => {
    const session = await world.call();
    await world.clock.runUntil(() => areJoined(phones) || session.endedAtMs !== undefined, MOST_MS);
    const done = areJoined(phones) ? 'joined' : 'not joined';
    void phones.callTo(FRIEND)?.dialog?.bye();
    expect(await world.over(session)).toBe(true);
    return [`${done}, ${session.outcome}`];
  };
  return new LastingWorld({ world, phones: [phones], call });
};

interface Operated {
  readonly world: ReturnType<typeof callWorld>;
  readonly phones: ReturnType<typeof partyPhones>;
  readonly sessionId: string;
  readonly until: (isSo: () => boolean) => Promise<boolean>;
  readonly options: Partial<WorldOptions>;
}

/** Something is done by request in a call whose flow would speak for a minute. Answers what came of that, to which the outcome is added. */
export const operated =
  (people: Readonly<Record<string, Person>>, act: (operated: Operated) => Promise<string>): Kind =>
  (options: Partial<WorldOptions>) => {
    const flow = flowOf({
      say: ['SayNode', { WhatToSay: 'x'.repeat(3000), Done: to('end') }],
      end: ['HangUpNode', { Outcome: 'Said' }],
    });
    const world = callWorld({ flow, phoneIsThere: false, ...options });
    const phones = partyPhones(world, { [numberToDial]: answers, ...people });
    const call = async (): Promise<Outcomes> => {
      const session: SeenSession = await world.call();
      const until = (isSo: () => boolean) => world.clock.runUntil(() => isSo() || session.endedAtMs !== undefined, MOST_MS);
      await until(() => session.answeredAtMs !== undefined);
      const done = await act({ world, phones, sessionId: session.row.id, until, options });
      expect(await world.over(session)).toBe(true);
      return [`${done}, ${session.outcome}`];
    };
    return new LastingWorld({ world, phones: [phones], call });
  };

const redirects = operated({ [FRIEND]: { answerAfterMs: 1000, says: 2 } }, async ({ world, phones, sessionId, until, options }) => {
  await world.service.live.redirect(manager, { sessionId, destination: FRIEND });
  const friend = () => phones.callTo(FRIEND);
  const isUp = (): boolean => friend()?.dialog?.state.invite.acked === true;
  const isDone = (): boolean => (isHeard(options) ? areJoined(phones) : isUp());
  await until(isDone);
  const done = isDone() ? 'joined' : 'not joined';
  void friend()?.dialog?.bye();
  return done;
});

const holds = operated({}, async ({ world, phones, sessionId, until }) => {
  const { live } = world.service;
  const offers = (): string => phones.callTo(numberToDial)?.offers.join(', ') ?? '';
  const hearsMusic = async (): Promise<boolean> => {
    await world.clock.advance(SETTLED_MS);
    const sinceMs = world.clock.now();
    await world.clock.advance(2 * SETTLED_MS);
    return phones.heard(numberToDial, sinceMs).includes(MUSIC);
  };
  await live.hold(manager, { sessionId });
  await until(() => offers() === 'sendonly');
  const heard = [await hearsMusic()];
  let isResumed = false;
  const resumed = live.patch(manager, { sessionId, callState: 'Connected' }).then(() => {
    isResumed = true;
  });
  await until(() => isResumed);
  await resumed;
  heard.push(await hearsMusic());
  const done = offers();
  void phones.callTo(numberToDial)?.dialog?.bye();
  return `${done}, music ${heard.join(' and ')}`;
});

/** Calls in which the flow or a request does something to a call that is up. */
export const operatedKinds: Readonly<Record<string, CallsOfAKind>> = {
  'who is dialled takes the call with a key': { open: takesByKey, outcome: `Done Answered ${FRIEND}` },
  'a team rings': {
    open: ringsTeam,
    outcome: 'cancelled, cancelled, Done Answered BOB',
    unless: {
      'ringing, cancelled, Done Answered BOB': (log) => log.leftUncancelled('alice'),
      'cancelled, ringing, Done Answered BOB': (log) => log.leftUncancelled(FRIEND),
    },
  },
  'somebody is dialled over IPv6': { open: dialsOverSix, outcome: `joined, Done Answered ${FRIEND}` },
  'a call is redirected by request': { open: redirects, outcome: 'joined, Completed' },
  'a call is held and resumed by request': { open: holds, outcome: 'sendonly, sendrecv, music true and false, CalleeHungUp' },
};
