import { expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { callWorld, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { register } from '../support/dialled-call.ts';
import { flowOf, type ShortParameter, to } from '../support/flow-builder.ts';
import { partyPhones } from '../support/party-phones.ts';
import type { SeenSession } from '../support/session-table.ts';

const DESK = '10.0.1.1';
const MOST = 10;
const endpoints: Record<string, DialledEndpoint> = {
  ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
};

/** Calls whose flow dials: alice takes every call at her desk and talks for a minute. */
function scene(parameters: Readonly<Record<string, ShortParameter>>, more: Partial<WorldOptions> = {}) {
  const world = callWorld({
    flow: flowOf({
      dial: ['DialNode', { TimeoutInSeconds: 5, Done: to('done'), NoAnswer: to('no'), Failed: to('failed'), ...parameters }],
      done: ['HangUpNode', { Outcome: 'Done' }],
      no: ['HangUpNode', { Outcome: 'NoAnswer' }],
      failed: ['HangUpNode', { Outcome: 'Failed' }],
    }),
    phoneIsThere: false,
    endpoints,
    userFlow: undefined,
    maxChannels: 100,
    ...more,
  });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100 } });
  const desk = partyPhones(world, { alice: { answerAfterMs: 100, hangUpAfterMs: 60_000 } }, DESK);
  register(world, 'alice', DESK);
  return {
    world,
    desk,
    async over(sessions: readonly SeenSession[]): Promise<(string | undefined)[]> {
      for (const session of sessions) expect(await world.over(session)).toBe(true);
      const left = await world.finish();
      const opened = phones.calls.length + desk.calls.length + 2;
      await Promise.all([phones.close(), desk.close()]);
      expect({ ...left, ports: (left.ports ?? 0) - opened }).toEqual(nothingLeft);
      return sessions.map(({ outcome }) => outcome);
    },
  };
}

const saysWhy = ({ lines }: SeenSession, why: string): boolean => lines.some((line) => line.includes(why));
const FULL = 'the user has as many calls as a user may have';

it('a user is rung in no more calls than a user may have, and the log of the next says so', async () => {
  const { world, desk, over } = scene({ User: 'ada' });
  const sessions: SeenSession[] = [];
  for (let nth = 0; nth <= MOST; nth++) {
    sessions.push(await world.call());
    await world.clock.advance(500);
  }
  expect(desk.calls).toHaveLength(MOST);
  expect(sessions.map((session) => saysWhy(session, FULL))).toEqual([...Array(MOST).fill(false), true]);
  expect(await over(sessions)).toEqual([...Array(MOST).fill('Done'), 'Failed']);
});

it('a user who cannot be rung, since there is no port for it, has not one call less by that', async () => {
  const { world, desk, over } = scene({ User: 'ada' }, { mediaStreams: 1 });
  const sessions: SeenSession[] = [];
  for (let nth = 0; nth <= MOST; nth++) {
    const session = await world.call();
    expect(await world.over(session)).toBe(true);
    sessions.push(session);
    // Ports are used again some time after a call.
    await world.clock.advance(120_000);
  }
  expect(desk.calls).toEqual([]);
  expect(sessions.map((session) => [saysWhy(session, FULL), saysWhy(session, 'streams')])).toEqual(Array(MOST + 1).fill([false, true]));
  expect(new Set(await over(sessions))).toEqual(new Set(['Failed']));
});

it('a number cannot be dialled once the account has no trunk, and the log says so', async () => {
  let hasTrunk = true;
  const { world, over } = scene({ Number: '+18144043111' }, { hasTrunk: () => hasTrunk });
  const session = await world.call();
  hasTrunk = false;
  expect(await over([session])).toEqual(['Failed']);
  expect(saysWhy(session, 'The account has no SIP trunk for it.')).toBe(true);
});
