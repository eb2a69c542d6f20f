import { expect } from 'vitest';
import { dialScene } from './dialled-call.ts';
import { type CallsOfAKind, LastingWorld, type Outcomes } from './lasting-world.ts';
import type { LossLog } from './loss-log.ts';
import { partyPhones } from './party-phones.ts';

const DESK = '10.0.1.1';
const SERVER = '10.0.0.1';
const endpoints = { ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' } } as const;

/** A phone says where it is, is called there, and says that it is gone. */
const registers: CallsOfAKind['open'] = (options) => {
  const { world, phones } = dialScene({}, { User: 'ada' }, { endpoints, userFlow: undefined, ...options });
  const desk = partyPhones(world, { alice: { answerAfterMs: 1500, hangUpAfterMs: 2000 } }, DESK);
  const says = async (seconds: number): Promise<boolean> => {
    const registration = desk.agent.registration({
      registrar: `sip:${SERVER}`,
      address: `sip:alice@${SERVER}`,
      contactUser: 'alice',
      credentials: { userName: 'alice', password: 'secret of alice' },
    });
    let isKnown: boolean | undefined;
    void registration
      .register({ address: SERVER, port: 5060, transport: 'udp' }, seconds, new AbortController().signal)
      .then(({ registered }) => {
        isKnown = registered;
      });
    expect(await world.clock.runUntil(() => isKnown !== undefined, 300_000)).toBe(true);
    // The phone is behind no NAT whose way back would have to be kept open.
    registration.close();
    return isKnown === true;
  };
  const call = async (): Promise<Outcomes> => {
    if (!(await says(3600))) return ['unknown'];
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    if (!(await says(0))) return ['not forgotten'];
    expect(await world.users.bindings('id of alice')).toEqual([]);
    return [session.outcome];
  };
  return new LastingWorld({ world, phones: [phones, desk], call });
};

const unanswered = (log: LossLog): boolean => log.leftRegisterUnanswered();

export const registeredKinds: Readonly<Record<string, CallsOfAKind>> = {
  'a phone registers, is called and leaves': {
    open: registers,
    outcome: 'Done Answered ALICE',
    unless: { unknown: unanswered, 'not forgotten': unanswered },
  },
};
