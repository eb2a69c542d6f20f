import { describe, expect, it } from 'vitest';
import type { Trunk } from '../../src/directory/trunks.ts';
import { callerId, callWorld, numberToDial } from '../support/call-world.ts';
import { targetAt } from '../support/carriers.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { partyPhones } from '../support/party-phones.ts';
import { rawCaller } from '../support/raw-caller.ts';

const FRIEND = '+18144043111';
const CARRIER = '10.0.0.3';

const flow = flowOf({ dial: ['DialNode', { Number: FRIEND, Done: to('bye') }], bye: ['HangUpNode'] });

/** The Diversion headers of what is dialled over a trunk with these members. */
async function dialledOver(trunk: Partial<Trunk>, begin: (world: ReturnType<typeof callWorld>) => Promise<unknown>): Promise<string[]> {
  const invites: string[] = [];
  const world = callWorld({
    flow,
    phoneIsThere: false,
    targets: [targetAt(CARRIER)],
    trunk,
    filter: (bytes, _from, { address }) => {
      const text = Buffer.from(bytes).toString();
      if (address === CARRIER && text.startsWith('INVITE')) invites.push(text);
      return 'pass';
    },
  });
  const person = { answerAfterMs: 100, hangUpAfterMs: 2000 };
  const phones = partyPhones(world, { [FRIEND]: person, [numberToDial]: person }, CARRIER);
  const done = await begin(world);
  await world.clock.advance(100_000);
  await phones.close();
  expect(await world.finish()).toMatchObject({ sessions: 0, legs: 0, streams: 0, dialogs: 0, timers: 0 });
  expect(done).toBeDefined();
  const toFriend = invites.find((text) => text.startsWith(`INVITE sip:${FRIEND}`));
  return [...(toFriend ?? 'no INVITE').matchAll(/^Diversion: (.*)\r$/gm)].map(([, value]) => value ?? '');
}

const calledFromOutside = async (world: ReturnType<typeof callWorld>) => {
  const caller = rawCaller(world);
  await caller.invite();
  await world.clock.advance(5);
  await caller.ack();
  return caller;
};

describe('a call that a flow dials for one that has come in', () => {
  it('names the number that was called first, as the trunk writes numbers, when the trunk wants that', async () => {
    expect(await dialledOver({ namesDiversion: true }, calledFromOutside)).toEqual([
      `<sip:${callerId}@${CARRIER}>;reason=deflection;counter=1`,
    ]);
    const trunk: Partial<Trunk> = { namesDiversion: true, domain: 'carrier.example', callerFormat: { style: 'E164WithoutPlus' } };
    expect(await dialledOver(trunk, calledFromOutside)).toEqual([`<sip:${callerId.slice(1)}@carrier.example>;reason=deflection;counter=1`]);
  });

  it('names nothing when the trunk does not want it, and nothing when the call was placed by us', async () => {
    expect(await dialledOver({}, calledFromOutside)).toEqual([]);
    expect(await dialledOver({ namesDiversion: true }, (world) => world.call())).toEqual([]);
  });
});
