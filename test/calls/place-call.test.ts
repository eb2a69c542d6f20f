import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callerId, callWorld, manager, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { eventually } from '../support/database.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import type { SeenSession } from '../support/session-table.ts';
import { startLine } from '../support/sip-agents.ts';

const short = flowOf({ say: ['SayNode', { WhatToSay: '0123456789', Done: to('bye') }], bye: ['HangUpNode'] });
const endless = flowOf({ wait: ['WaitNode', { Timeout: 600 }] });
const own = { name: 'Once', nodes: flowOf({ bye: ['HangUpNode', { Outcome: 'Own' }] }).nodes ?? [] };
const url = 'https://ada:secret@hooks.example.com/calls';
type World = ReturnType<typeof callWorld>;

async function placed(world: World, request: Parameters<World['service']['place']>[1]): Promise<SeenSession> {
  const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, ...request });
  const session = world.sessions.get(id ?? '');
  if (!session) throw new Error('The session was not stored');
  return session;
}

const at = (world: World, inMs: number): string => new Date(world.clock.now() + inMs).toISOString();

describe('PlaceCall', () => {
  it('runs a flow of its own, which is kept with the session', async () => {
    const world = callWorld({ flow: short });
    const { id } = await world.service.place(manager, { flow: own, numberToDial });
    const session = world.sessions.get(id ?? '');
    expect(session && (await world.over(session))).toBe(true);
    expect(session).toMatchObject({ outcome: 'Own', row: { extras: { plan: { flow: { name: 'Once' } } } } });
    expect(session?.row).not.toHaveProperty('flowId');
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('gives up a callee that rings for too long, by the time of the call and not by that of the trunk', async () => {
    const world = callWorld({ flow: short, phone: { answerAfterMs: 50_000 } });
    const session = await placed(world, { ringTimeoutInSeconds: 7 });
    const startMs = world.clock.now();
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('NoAnswer');
    expect(world.phoneEvents.find(({ event }) => event === 'cancelled')?.atMs).toBeGreaterThanOrEqual(startMs + 7000);
    expect((session.endedAtMs ?? 0) - startMs).toBeLessThan(8000);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('hangs up a call that lasts too long', async () => {
    const world = callWorld({ flow: endless });
    const session = await placed(world, { maxDurationInSeconds: 30 });
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('MaxDuration');
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeGreaterThanOrEqual(30_000);
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThan(30_500);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('leaves no timer behind when the call is over before its time', async () => {
    const world = callWorld({ flow: short });
    const session = await placed(world, { maxDurationInSeconds: 14_400 });
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('Completed');
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('sends its headers with the INVITE', async () => {
    const invites: string[] = [];
    const filter: NonNullable<WorldOptions['filter']> = (bytes) => {
      const text = new TextDecoder().decode(bytes);
      if (startLine(text).startsWith('INVITE')) invites.push(text);
      return 'pass';
    };
    const world = callWorld({ flow: short, filter });
    const session = await placed(world, { sipHeaders: { 'X-Campaign': 'Spring, 2026', 'X-Order': '17' } });
    expect(await world.over(session)).toBe(true);
    expect(invites[0]).toMatch(/\r\nX-Campaign: Spring, 2026\r\n/);
    expect(invites[0]).toMatch(/\r\nX-Order: 17\r\n/);
    await world.finish();
  });

  it('keeps the recording of the whole call as one file when the call is over', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
    try {
      const saved: number[] = [];
      const recordings = {
        newPath: () => join(folder, 'call.wav'),
        leave: () => {},
        save: async () => {
          saved.push((await stat(join(folder, 'call.wav'))).size);
          return 'file-1';
        },
        discard: async () => {},
      };
      const world = callWorld({ flow: short, recordings });
      const session = await placed(world, { record: true });
      // The file is written in real time.
      await eventually(async () => {
        await world.clock.advance(100);
        return session.endedAtMs !== undefined;
      });
      expect(saved).toEqual([expect.any(Number)]);
      expect(saved[0]).toBeGreaterThan(1000);
      expect(await world.finish()).toEqual(nothingLeft);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tells the receiver of each event in order, with its metadata', async () => {
    const world = callWorld({ flow: short });
    const session = await placed(world, { metadata: { order: '17' }, statusCallback: { url } });
    expect(await world.over(session)).toBe(true);
    await world.finish();
    expect(world.posts.map(({ event, sequence }) => `${sequence} ${event}`)).toEqual([
      '1 Initiated',
      '2 Ringing',
      '3 Answered',
      '4 Completed',
    ]);
    expect(new Set(world.posts.map((post) => post.url))).toEqual(new Set([url]));
    for (const post of world.posts) expect(post.session).toMatchObject({ id: session.row.id, metadata: { order: '17' } });
    expect(world.posts.at(-1)?.session).toMatchObject({ ended: true, outcome: 'Completed' });
  });
});

describe('a call for later', () => {
  async function worldWithWaiting(options: Partial<WorldOptions> = {}): Promise<World> {
    const world = callWorld({ flow: short, ...options });
    world.service.start();
    await world.clock.advance(0);
    return world;
  }

  const leftOver = async (world: World) => {
    await world.stop();
    return world.finish();
  };

  it('is answered at once, waits without any resources, and is dialled when its time has come', async () => {
    const world = await worldWithWaiting();
    const startMs = world.clock.now();
    const session = await placed(world, { notBefore: at(world, 3_600_000), callerId });
    expect(session.row).toMatchObject({ callState: 'Disconnected', extras: { dueAtMs: startMs + 3_600_000 } });
    expect(session.row.owner).toBeUndefined();
    expect(world.liveThings()).toMatchObject({ sessions: 0, streams: 0, legs: 0 });
    await world.clock.advance(3_599_990);
    expect(world.phoneEvents).toEqual([]);
    expect(await world.over(session)).toBe(true);
    expect(session).toMatchObject({ outcome: 'Completed', row: { owner: 'worker-1', trunkId: 'trunk-1' } });
    expect(world.phoneEvents[0]).toMatchObject({ event: 'invite', from: expect.stringContaining(callerId) });
    expect((world.phoneEvents[0]?.atMs ?? 0) - startMs).toBeLessThan(3_600_050);
    expect(await leftOver(world)).toEqual(nothingLeft);
  });

  it('whose time is past is dialled at once', async () => {
    const world = await worldWithWaiting();
    const session = await placed(world, { notBefore: at(world, -1) });
    expect(session.row.owner).toBe('worker-1');
    expect(await world.over(session)).toBe(true);
    expect(await leftOver(world)).toEqual(nothingLeft);
  });

  it('is dialled as it was promised, with everything that was given', async () => {
    const world = await worldWithWaiting({ phone: { answerAfterMs: 50_000 } });
    const options = { ringTimeoutInSeconds: 5, metadata: { order: '17' }, statusCallback: { url, events: ['Completed' as const] } };
    const session = await placed(world, { notBefore: at(world, 60_000), trunkId: 'trunk-1', ...options });
    // Whoever reads the database learns no password of the receiver.
    expect(JSON.stringify(session.row)).not.toContain('hooks.example.com');
    await world.clock.advance(60_000);
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('NoAnswer');
    expect(await leftOver(world)).toEqual(nothingLeft);
    expect(world.posts).toMatchObject([{ event: 'Completed', session: { outcome: 'NoAnswer', metadata: { order: '17' } } }]);
  });

  it('can be cancelled while it waits, and its receiver is told', async () => {
    const world = await worldWithWaiting();
    const session = await placed(world, { notBefore: at(world, 60_000), statusCallback: { url } });
    await expect(world.service.live.hold(manager, { sessionId: session.row.id })).rejects.toThrow('The call waits for its time.');
    await world.service.end(manager, session.row.id);
    expect(session).toMatchObject({ outcome: 'Cancelled', lines: ['Ended by request'] });
    await world.clock.advance(120_000);
    expect(world.phoneEvents).toEqual([]);
    expect(world.posts).toMatchObject([{ event: 'Completed', session: { outcome: 'Cancelled', ended: true, queueState: 'None' } }]);
    await world.service.end(manager, session.row.id);
    expect(await leftOver(world)).toEqual(nothingLeft);
  });

  it('waits for a free channel, and gets it as soon as there is one', async () => {
    const world = await worldWithWaiting({ maxChannels: 1 });
    const first = await placed(world, { notBefore: at(world, 1000) });
    const second = await placed(world, { notBefore: at(world, 1001) });
    expect(await world.over(first)).toBe(true);
    expect(second.answeredAtMs).toBeUndefined();
    expect(await world.over(second)).toBe(true);
    const dialledAtMs = second.times.find(({ message }) => message === 'Calling')?.atMs ?? 0;
    expect(dialledAtMs - (first.endedAtMs ?? 0)).toBeLessThan(1000);
    expect(await leftOver(world)).toEqual(nothingLeft);
  });

  it('is given up when no channel was free in its time', async () => {
    const world = await worldWithWaiting({ maxChannels: 1, flow: endless });
    const first = await placed(world, {});
    const expiring = await placed(world, { notBefore: at(world, 1000), expiresAt: at(world, 20_000) });
    const patient = await placed(world, { notBefore: at(world, 1000) });
    const startMs = world.clock.now();
    await world.clock.advance(400_000);
    expect([expiring.outcome, patient.outcome]).toEqual(['Expired', 'Expired']);
    expect((expiring.endedAtMs ?? 0) - startMs).toBeGreaterThanOrEqual(20_000);
    expect((expiring.endedAtMs ?? 0) - startMs).toBeLessThan(21_500);
    expect((patient.endedAtMs ?? 0) - startMs).toBeGreaterThanOrEqual(301_000);
    expect((patient.endedAtMs ?? 0) - startMs).toBeLessThan(302_500);
    expect(first.endedAtMs).toBeUndefined();
    expect(await leftOver(world)).toEqual(nothingLeft);
  });

  it('is left alone by a server that stops', async () => {
    const world = await worldWithWaiting();
    const session = await placed(world, { notBefore: at(world, 60_000) });
    expect(await leftOver(world)).toEqual(nothingLeft);
    expect(session.outcome).toBeUndefined();
    expect(session.row.owner).toBeUndefined();
    expect(world.phoneEvents).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  const request = { flowId: 'flow-1', numberToDial };
  const place = (world: World, key: string, more: object = {}) => world.service.place(manager, { ...request, ...more }, key);

  it('is one call, however often and at once it is asked for, and one answer even when the call is over', async () => {
    const world = callWorld({ flow: short });
    const answers = await Promise.all([place(world, 'k'), place(world, 'k'), place(world, 'k')]);
    expect(world.sessions.size).toBe(1);
    const [session] = world.sessions.values();
    expect(session && (await world.over(session))).toBe(true);
    answers.push(await place(world, 'k'));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(world.sessions.size).toBe(1);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('belongs to its login, its operation and its request', async () => {
    const world = callWorld({ flow: short });
    const { id } = await place(world, 'k');
    await expect(place(world, 'k', { callerId })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_USED', status: 409 });
    await expect(world.service.createOutgoing(manager, request, 'k')).rejects.toMatchObject({ status: 409 });
    const another = await world.service.place({ ...manager, userId: 'another' }, request, 'k');
    expect(another.id).not.toBe(id);
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('means the same in whatever order the members came', async () => {
    const world = callWorld({ flow: short });
    const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, metadata: { a: '1', b: '2' } }, 'k');
    const again = await world.service.place(manager, { metadata: { b: '2', a: '1' }, numberToDial, flowId: 'flow-1' }, 'k');
    expect(again.id).toBe(id);
    await world.stop();
    await world.finish();
  });

  it('of a request that was refused may be used again', async () => {
    const world = callWorld({ flow: short });
    await expect(place(world, 'k', { numberToDial: '1' })).rejects.toMatchObject({ code: 'NUMBER_NOT_POSSIBLE' });
    expect((await place(world, 'k')).id).toBeDefined();
    await world.stop();
    await world.finish();
  });

  it('that another server was quicker with has the answer of that server', async () => {
    let quicker: (() => void) | undefined;
    const world = callWorld({ flow: short, beforeStore: async () => quicker?.() });
    const { id } = await place(world, 'other');
    const theirs = world.sessions.get(id ?? '');
    if (!theirs) throw new Error('The session was not stored');
    quicker = () => {
      const keyed = { ...theirs.row.extras?.keyed, loginId: manager.userId, key: 'k', hash: theirs.row.extras?.keyed?.hash ?? '' };
      theirs.row = { ...theirs.row, extras: { ...theirs.row.extras, keyed } };
    };
    expect((await place(world, 'k')).id).toBe(id);
    expect(world.liveThings().sessions).toBe(1);
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it.each(['!', '~'.repeat(255), `${'x'.repeat(255)}#12`])('can be %j', async (key) => {
    const world = callWorld({ flow: short });
    const { id } = await place(world, key);
    expect((await place(world, key)).id).toBe(id);
    await world.stop();
    await world.finish();
  });

  it.each(['', 'with space', 'ü', 'x'.repeat(256)])('cannot be %j', async (key) => {
    const world = callWorld({ flow: short });
    await expect(place(world, key)).rejects.toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
  });
});
