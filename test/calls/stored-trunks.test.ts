import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trunk } from '../../src/directory/trunks.ts';
import { callerId, callWorld, nothingLeft, numberToDial } from '../support/call-world.ts';
import { carrier } from '../support/carriers.ts';
import { newTenant, openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { rawCaller } from '../support/raw-caller.ts';

// Members of trunks that the API has stored, as calls show them.

const FRIEND = '+18144043111';
const [FIRST, SECOND] = ['10.0.0.3', '10.0.0.4'];
const flow = flowOf({ dial: ['DialNode', { Number: FRIEND, Busy: to('bye'), Done: to('bye') }], bye: ['HangUpNode'] });

let directory: TestDirectory;
beforeAll(async () => {
  directory = await openTestDirectory();
}, 60_000);
afterAll(() => directory.close());

type Members = Parameters<TestDirectory['trunks']['create']>[1];

/** Stores trunks, the oldest first, changes another member of each, and answers what calls get of them. */
async function stored(...all: readonly Members[]): Promise<readonly Trunk[]> {
  const { accountId, manager } = await newTenant(directory);
  for (const members of all) {
    const { id } = await directory.trunks.create(manager, { port: 5060, transport: 'Udp', ...members });
    await directory.endpoints.patch(manager, { endpointId: id ?? '', maxChannels: 9 });
    await directory.clock.advance(1);
  }
  return directory.trunks.ofAccount(accountId);
}

/** Which carrier a call gets, and its INVITE: one that is placed, or one that a flow dials for a call that has come in. */
async function calledOver(otherTrunks: readonly Trunk[], how: 'placed' | 'dialled') {
  const seen: { readonly at: string; readonly text: string }[] = [];
  const world = callWorld({
    flow,
    phoneIsThere: false,
    prefixes: ['+49'],
    otherTrunks,
    filter: (bytes, _from, { address }) => {
      const text = Buffer.from(bytes).toString();
      if (text.startsWith('INVITE') && [FIRST, SECOND].includes(address)) seen.push({ at: address, text });
      return 'pass';
    },
  });
  const carriers = [FIRST, SECOND].map((address) => carrier(world, address, (invite) => invite.reject(486)));
  if (how === 'placed') await world.call();
  else {
    const caller = rawCaller(world);
    await caller.invite();
    await world.clock.advance(5);
    await caller.ack();
    await world.clock.advance(10_000);
    await caller.close();
  }
  await world.clock.advance(60_000);
  for (const one of carriers) await one.close();
  expect(await world.finish()).toEqual(nothingLeft);
  expect(seen).toHaveLength(1);
  return seen[0];
}

describe('a trunk that the API has stored', () => {
  it.each([
    [7, 3, SECOND],
    [3, 7, FIRST],
  ])('takes the call by its priority: of %i and %i the lowest', async (priority, otherPriority, taker) => {
    const trunks = await stored({ host: FIRST, priority }, { host: SECOND, priority: otherPriority });
    expect(trunks.map((trunk) => trunk.priority)).toEqual([priority, otherPriority]);
    expect((await calledOver(trunks, 'placed'))?.at).toBe(taker);
  });

  it.each([
    ['PAssertedIdentity', 'P-Asserted-Identity', 'P-Preferred-Identity'],
    ['PPreferredIdentity', 'P-Preferred-Identity', 'P-Asserted-Identity'],
  ] as const)('names the caller as identityHeader %s says', async (identityHeader, header, other) => {
    const invite = await calledOver(await stored({ host: FIRST, identityHeader }), 'placed');
    expect(invite?.text).toContain(`\r\n${header}: <sip:${callerId}@${FIRST}>\r\n`);
    expect(invite?.text).not.toContain(other);
  });

  it('names the number that was called first when diversionHeader says so', async () => {
    const invite = await calledOver(await stored({ host: FIRST, diversionHeader: 'Diversion' }), 'dialled');
    expect(invite?.text.startsWith(`INVITE sip:${FRIEND}`)).toBe(true);
    expect(invite?.text).toContain(`\r\nDiversion: <sip:${callerId}@${FIRST}>;reason=deflection;counter=1\r\n`);
  });

  it.each(['None', undefined] as const)('names it not when diversionHeader is %s', async (diversionHeader) => {
    const members = diversionHeader === undefined ? {} : { diversionHeader };
    const invite = await calledOver(await stored({ host: FIRST, ...members }), 'dialled');
    expect(invite?.text).not.toContain('Diversion');
    expect(invite?.text.startsWith(`INVITE sip:${numberToDial}`)).toBe(false);
  });
});
