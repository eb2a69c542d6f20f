import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/kernel/errors.ts';
import { callWorld, manager, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { flowOf } from '../support/flow-builder.ts';
import type { SeenSession } from '../support/session-table.ts';

const endless = flowOf({ wait: ['WaitNode', { Timeout: 600 }] });
const away = new AppError('STORE_UNAVAILABLE', { seconds: 1 });

/** A server at whose table of waiting calls a test may be another server, or a database with faults. */
async function scene(options: Partial<WorldOptions> = {}) {
  const world = callWorld({ flow: endless, ...options });
  world.service.start();
  await world.clock.advance(0);
  const later = async (inMs: number): Promise<SeenSession> => {
    const notBefore = new Date(world.clock.now() + inMs).toISOString();
    const { id = '' } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, notBefore });
    const session = world.sessions.get(id);
    if (!session) throw new Error('The session was not stored');
    return session;
  };
  const dialled = (): number => world.phoneEvents.filter(({ event }) => event === 'invite').length;
  const finish = async (): Promise<void> => {
    await world.stop();
    await world.clock.advance(60_000);
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, later, dialled, finish };
}

describe('a call that waits', () => {
  it('and that another server has taken meanwhile is left to that one, and its channel and port are free', async () => {
    const { world, later, dialled, finish } = await scene({ maxChannels: 2 });
    const [theirs, ours] = [await later(1_000), await later(1_000)];
    const claim = world.schedule.claim;
    world.schedule.claim = (wanted, nowMs) => {
      theirs.row = { ...theirs.row, owner: 'another server' };
      return claim(wanted, nowMs);
    };
    await world.clock.advance(5_000);
    expect([dialled(), theirs.row.owner, ours.row.owner]).toEqual([1, 'another server', 'worker-1']);
    expect(world.liveThings()).toMatchObject({ sessions: 1, streams: 1 });
    await later(1);
    await world.clock.advance(1_000);
    expect(dialled()).toBe(2);
    await finish();
  });

  it('is given back when nobody knows whether it was claimed, and then dialled once', async () => {
    const { world, later, dialled, finish } = await scene({ maxChannels: 1 });
    const session = await later(1_000);
    const done: string[] = [];
    const { claim, giveBack } = world.schedule;
    world.schedule.claim = async () => {
      done.push('claim');
      throw away;
    };
    world.schedule.giveBack = async (ids) => {
      done.push(`give back ${ids.join()}`);
      return giveBack(ids);
    };
    await world.clock.advance(1_500);
    expect([done, dialled(), world.liveThings().streams]).toEqual([['claim'], 0, 0]);
    world.schedule.claim = claim;
    await world.clock.advance(1_000);
    expect([done, dialled()]).toEqual([['claim', `give back ${session.row.id}`], 1]);
    await world.clock.advance(60_000);
    expect([done.length, dialled()]).toEqual([2, 1]);
    await finish();
  });

  it('is dialled a second after the database is back', async () => {
    const { world, later, dialled, finish } = await scene();
    await later(1_000);
    const { due } = world.schedule;
    let asked = 0;
    world.schedule.due = async () => {
      asked += 1;
      throw away;
    };
    await world.clock.advance(10_500);
    expect([asked, dialled()]).toEqual([10, 0]);
    world.schedule.due = due;
    await world.clock.advance(1_000);
    expect(dialled()).toBe(1);
    await finish();
  });

  it('that another server has put in is found within half a minute, though nobody says so', async () => {
    const { world, later, dialled, finish } = await scene();
    const session = await later(7_200_000);
    await world.clock.advance(40_000);
    session.row = { ...session.row, extras: { ...session.row.extras, dueAtMs: world.clock.now() } };
    await world.clock.advance(30_000);
    expect(dialled()).toBe(1);
    await finish();
  });

  it.each([
    ['its number', 'NoCallerId', (session: SeenSession) => ({ ...session.row, fromAddress: '+18144049999' })],
    ['its flow', 'FlowFailed', (session: SeenSession) => ({ ...session.row, flowId: 'gone' })],
    ['its trunk', 'NoTrunk', (session: SeenSession) => session.row],
  ])('ends when %s is gone in its time, and others go on', async (what, outcome, changed) => {
    let hasTrunk = true;
    const { world, later, dialled, finish } = await scene({ hasTrunk: () => hasTrunk });
    const [session, other] = [await later(1_000), await later(2_000)];
    session.row = changed(session);
    hasTrunk = what !== 'its trunk';
    await world.clock.advance(1_500);
    hasTrunk = true;
    await world.clock.advance(2_000);
    expect([session.outcome, session.row.owner, session.lines.length]).toEqual([outcome, undefined, 1]);
    expect([dialled(), other.row.owner]).toEqual([1, 'worker-1']);
    await finish();
  });

  it('is not claimed any more by a server that stops while it dials others', async () => {
    const trunk = { maxChannels: 1_000, callsPerSecond: 10_000 };
    const { world, later, finish } = await scene({ trunk, mediaStreams: 1_000 });
    const sessions: SeenSession[] = [];
    for (let call = 0; call < 150; call++) sessions.push(await later(1_000));
    const { claim } = world.schedule;
    world.schedule.claim = (wanted, nowMs) => {
      void world.service.stop(0);
      return claim(wanted, nowMs);
    };
    await world.clock.advance(120_000);
    expect(sessions.filter(({ row }) => row.owner !== undefined)).toHaveLength(100);
    expect(world.clock.pendingTimers).toBe(0);
    await finish();
  });
});
