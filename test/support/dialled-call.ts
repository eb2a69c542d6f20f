import { expect } from 'vitest';
import type { Binding } from '../../src/telephony/port.ts';
import { callWorld, numberToDial, type WorldOptions } from './call-world.ts';
import { flowOf, into, type ShortParameter, to } from './flow-builder.ts';
import { type Person, partyPhones } from './party-phones.ts';

const exits = { Done: to('done'), NoAnswer: to('no'), Busy: to('busy'), Rejected: to('rejected'), Failed: to('failed') };

/** A flow that dials, and then hangs up with an outcome that says how the node was left. */
const dialling = (parameters: Readonly<Record<string, ShortParameter>>) =>
  flowOf({
    dial: ['DialNode', { TimeoutInSeconds: 20, DialStatus: into('Status'), AnsweredBy: into('Who'), ...exits, ...parameters }],
    done: ['HangUpNode', { Outcome: 'Done {{ Session.Status }} {{ Session.Who }}' }],
    no: ['HangUpNode', { Outcome: 'NoAnswer' }],
    busy: ['HangUpNode', { Outcome: 'Busy' }],
    rejected: ['HangUpNode', { Outcome: 'Rejected' }],
    failed: ['HangUpNode', { Outcome: 'Failed' }],
  });

export interface DialledOptions extends Partial<WorldOptions> {
  /** The phones that users have registered: the people at them, by address, each with the name of a user. */
  readonly registered?: Readonly<Record<string, Readonly<Record<string, Person>>>>;
  /** Where the phones of the trunk are, instead of their usual address. */
  readonly phonesAt?: string;
}

/** Where somebody who is called stays on the line, and the flow calls others: these people by way of the trunk. */
export function dialScene(
  people: Readonly<Record<string, Person>>,
  parameters: Readonly<Record<string, ShortParameter>>,
  { registered = {}, phonesAt, ...more }: DialledOptions = {},
) {
  const world = callWorld({ flow: dialling(parameters), phoneIsThere: false, ...more });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, says: 1 }, ...people }, phonesAt);
  const others = Object.entries(registered).map(([address, persons]) => {
    for (const name of Object.keys(persons)) register(world, name, address);
    return partyPhones(world, persons, address);
  });
  return { world, phones, others };
}

/** One call of such a scene. */
export async function dialled(...how: Parameters<typeof dialScene>) {
  const { world, phones, others } = dialScene(...how);
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  const left = await world.finish();
  const calls = [phones, ...others].flatMap((one) => one.calls);
  await Promise.all([phones, ...others].map((one) => one.close()));
  return { world, phones, others, session, left: { ...left, ports: (left.ports ?? 0) - calls.length - 1 - others.length } };
}

/** Has a phone of a user at this address. */
export function register({ users }: Pick<ReturnType<typeof callWorld>, 'users'>, name: string, address: string): void {
  const source = { address, port: 5060, transport: 'udp' } as const;
  const contact = `sip:${name}@${address}`;
  const binding: Binding = { key: contact, contact, path: [], source, callId: 'registration', cSeq: 1, expiresAtMs: 1e15 };
  const userId = `id of ${name}`;
  users.table.set(userId, [...(users.table.get(userId) ?? []), binding]);
}
