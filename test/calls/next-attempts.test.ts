import { describe, expect, it } from 'vitest';
import { sleep } from '../../src/kernel/clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { callWorld, manager, nothingLeft, numberToDial, PHONE } from '../support/call-world.ts';
import { carrier, plainTrunk, targetAt } from '../support/carriers.ts';
import { flowOf } from '../support/flow-builder.ts';

const FIRST = '10.0.1.1';
const endless = flowOf({ wait: ['WaitNode', { Timeout: 600 }] });
const never = new AbortController().signal;

describe('a call whose first target has failed', () => {
  it('is over when it is hung up while a port is taken for the next one', async () => {
    const world = callWorld({ flow: endless, targets: [targetAt(FIRST), targetAt(PHONE, { priority: 1 })] });
    const first = carrier(world, FIRST, (invite) => invite.reject(503));
    const reserve = world.telephony.reserve.bind(world.telephony);
    const session = await world.call();
    world.telephony.reserve = async (near) => {
      await sleep(world.clock, 500, never);
      return reserve(near);
    };
    await world.clock.advance(200);
    expect([first.invites.length, world.liveThings()]).toMatchObject([1, { legs: 0, sessions: 1 }]);
    const ended = world.service.end(manager, session.row.id);
    expect(await world.over(session)).toBe(true);
    await ended;
    expect([session.outcome, world.phoneEvents]).toEqual(['Cancelled', []]);
    await first.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

it('a trunk of which no target is worth a call is tried last', async () => {
  const other = plainTrunk(PHONE, { trunkId: 'trunk-2' });
  const world = callWorld({ flow: endless, targets: [targetAt(FIRST)], otherTrunks: [other] });
  const first = carrier(world, FIRST, (invite) => invite.reject(503, undefined, [['Retry-After', '20']]));
  const trunkOfNext = async (): Promise<string | undefined> => {
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined, 20_000);
    return session.row.trunkId;
  };
  expect([await trunkOfNext(), await trunkOfNext(), first.invites.length]).toEqual(['trunk-1', 'trunk-2', 1]);
  await world.clock.advance(20_000);
  expect([await trunkOfNext(), first.invites.length]).toEqual(['trunk-1', 2]);
  await world.stop();
  await world.clock.advance(60_000);
  await first.close();
  expect(await world.finish()).toEqual(nothingLeft);
});

describe('the trunk that a call has left for the next one', () => {
  /** One channel each, and a carrier that does the same with every call of the first. */
  function scene(onInvite: (invite: IncomingInvite, after: (ms: number, then: () => void) => void) => void) {
    const other = plainTrunk(PHONE, { trunkId: 'trunk-2', maxChannels: 1 });
    const world = callWorld({ flow: endless, targets: [targetAt(FIRST)], maxChannels: 1, otherTrunks: [other] });
    const first = carrier(world, FIRST, (invite) => onInvite(invite, (ms, then) => void world.clock.after(ms, then)));
    const viaFirst = (notBefore?: string) =>
      world.service.place(manager, { flowId: 'flow-1', numberToDial, trunkId: 'trunk-1', ...(notBefore !== undefined && { notBefore }) });
    const finish = async (): Promise<void> => {
      await world.stop();
      await world.clock.advance(60_000);
      await first.close();
      expect(await world.finish()).toEqual(nothingLeft);
    };
    return { world, first, viaFirst, finish };
  }

  it('has room for another call, while that one goes on', async () => {
    const { world, first, viaFirst, finish } = scene((invite) => invite.reject(503));
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined, 20_000);
    expect([session.trunkId, first.invites.length]).toEqual(['trunk-2', 1]);
    await viaFirst();
    await world.clock.advance(100);
    expect(first.invites.length).toBe(2);
    await finish();
  });

  it('gets the call at once that has waited for its channel', async () => {
    const { world, first, viaFirst, finish } = scene((invite, after) => after(3_300, () => invite.reject(503)));
    world.service.start();
    await world.call();
    await viaFirst(new Date(world.clock.now() + 1_000).toISOString());
    await world.clock.advance(3_290);
    expect(first.invites.length).toBe(1);
    await world.clock.advance(100);
    expect(first.invites.length).toBe(2);
    await finish();
  });
});
