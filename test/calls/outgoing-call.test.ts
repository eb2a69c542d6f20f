import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import { AppError } from '../../src/kernel/errors.ts';
import { callerId, callWorld, manager, nothingLeft, numberToDial, stranger, type WorldOptions } from '../support/call-world.ts';
import { startLine } from '../support/sip-agents.ts';

const welcome: FlowInfo = JSON.parse(readFileSync(new URL('../../examples/welcome.flow.json', import.meta.url), 'utf8'));

/** Speaks `text` and hangs up. */
function sayFlow(text: string, outcome?: string): FlowInfo {
  return {
    nodes: [
      {
        id: 'say',
        isStartNode: true,
        name: 'Say it',
        spec: { url: '/json/reply/SayNode', typeName: 'SayNode' },
        parameters: {
          WhatToSay: { id: 'p1', type: 'String', source: 'Value', value: { stringValue: text } },
          Done: { id: 'p2', type: 'Transition', source: 'Value', value: { stringValue: 'bye' } },
        },
      },
      {
        id: 'bye',
        name: 'Bye',
        spec: { url: '/json/reply/HangUpNode', typeName: 'HangUpNode' },
        parameters: outcome ? { Outcome: { id: 'p3', type: 'String', source: 'Value', value: { stringValue: outcome } } } : {},
      },
    ],
  };
}

const short = sayFlow('0123456789');
const endless = sayFlow('x'.repeat(2000));

async function outcomeOf(options: WorldOptions) {
  const world = callWorld(options);
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  expect(session.callState).toBe('Disconnected');
  return { world, session, left: await world.finish() };
}

describe('a call that is answered', () => {
  it('runs the welcome flow and takes the branch of the digit', async () => {
    const { session, left, world } = await outcomeOf({ flow: welcome, phone: { digits: '1', digitsAfterMs: 1200 } });
    expect(session.outcome).toBe('Completed');
    expect(session.sipCause).toBe(200);
    expect(session.lines).toEqual([
      'Calling',
      'Ringing',
      'Answered',
      'Greet (SayNode)',
      'Greet: Done',
      'Ask (GatherNode)',
      'Ask: Done',
      'Route (StringMatchNode)',
      'Route: 1',
      'Sales (SayNode)',
      'Sales: Done',
      'Goodbye (HangUpNode)',
      'Hung up',
    ]);
    expect(world.phoneEvents.map(({ event }) => event)).toEqual(['invite', 'ringing', 'answered', 'digit', 'bye', 'first-audio', 'over']);
    expect(left).toEqual(nothingLeft);
  });

  it('plays the whole prompt, the first packet with the answer, and lets it be heard before it hangs up', async () => {
    const { world, session } = await outcomeOf({ flow: short });
    const audio = world.phoneEvents.find((event) => event.event === 'first-audio');
    expect(audio).toMatchObject({ afterAnswerMs: 0, lost: 0 });
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeGreaterThanOrEqual(280);
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThan(320);
  });

  it('keeps the outcome that the flow gives', async () => {
    const { session } = await outcomeOf({ flow: sayFlow('hello', 'Confirmed') });
    expect(session.outcome).toBe('Confirmed');
  });

  it('goes over TCP as well', async () => {
    const { session, left } = await outcomeOf({ flow: short, transport: 'tcp' });
    expect(session.outcome).toBe('Completed');
    expect(left).toEqual(nothingLeft);
  });

  it('answers a digest challenge', async () => {
    const credentials = { userName: 'ringflow', password: 'secret' };
    const { session, left } = await outcomeOf({ flow: short, credentials, phone: { credentials } });
    expect(session.outcome).toBe('Completed');
    expect(left).toEqual(nothingLeft);
  });

  it('ends as CalleeHungUp in the middle of a prompt, and stops at once', async () => {
    const { session, left } = await outcomeOf({ flow: endless, phone: { hangUpAfterMs: 700 } });
    expect(session.outcome).toBe('CalleeHungUp');
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThanOrEqual(705);
    expect(session.lines.at(-1)).toBe('The callee hung up');
    expect(left).toEqual(nothingLeft);
  });

  it('has its prompts made while it rings', async () => {
    const { world } = await outcomeOf({ flow: short, speechMs: 900 });
    expect(world.phoneEvents.find((event) => event.event === 'first-audio')).toMatchObject({ afterAnswerMs: 0 });
  });

  it('plays a prompt when it is ready, if it was not at the answer', async () => {
    const { session, world } = await outcomeOf({ flow: short, speechMs: 1500 });
    expect(session.outcome).toBe('Completed');
    // Silence keeps flowing meanwhile.
    expect(world.phoneEvents.find((event) => event.event === 'first-audio')).toMatchObject({ afterAnswerMs: 0 });
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeGreaterThanOrEqual(780);
  });

  it('hangs up and ends as FlowFailed when the flow cannot go on', async () => {
    const { session, left, world } = await outcomeOf({ flow: short, speechFails: true });
    expect(session).toMatchObject({ outcome: 'FlowFailed', sipCause: 200 });
    expect(session.lines.some((line) => line.startsWith('The flow failed: '))).toBe(true);
    expect(world.phoneEvents.find((event) => event.event === 'bye')).toMatchObject({ by: 'peer' });
    expect(left).toEqual(nothingLeft);
  });

  it('ends as CalleeHungUp while its first prompt is still being made', async () => {
    const { session, left } = await outcomeOf({ flow: short, speechMs: 60_000, phone: { hangUpAfterMs: 300 } });
    expect(session.outcome).toBe('CalleeHungUp');
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThanOrEqual(305);
    expect(left).toEqual(nothingLeft);
  });

  it('keeps what another process would need to go on with it', async () => {
    const world = callWorld({ flow: endless });
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined);
    await world.clock.advance(100);
    const state = JSON.parse(JSON.stringify(session.state));
    expect(state.leg.dialog).toMatchObject({ callId: session.callSid });
    expect(state.leg.media.codec).toBe('PCMU');
    expect(state.flow.positions).toMatchObject([{ flowId: 'flow-1', version: 1, nodeId: 'say' }]);
    await world.stop();
  });
});

describe('a call that is not answered', () => {
  it.each([
    [486, 'Busy'],
    [600, 'Busy'],
    [603, 'Rejected'],
    [403, 'Rejected'],
    [404, 'NumberNotFound'],
    [484, 'NumberNotFound'],
    [480, 'NoAnswer'],
    [503, 'Unreachable'],
    [500, 'Failed'],
  ])('ends with its own outcome on %i', async (status, outcome) => {
    const { session, left } = await outcomeOf({ flow: short, phone: { reject: status, answerAfterMs: 300 } });
    expect(session).toMatchObject({ outcome, sipCause: status });
    expect(session.answeredAtMs).toBeUndefined();
    expect(left).toEqual(nothingLeft);
  });

  it('is cancelled when it rings too long', async () => {
    const { session, left, world } = await outcomeOf({ flow: short, phone: { answerAfterMs: 90_000 }, ringTimeoutMs: 20_000 });
    expect(session).toMatchObject({ outcome: 'NoAnswer', sipCause: 487 });
    expect(world.phoneEvents.map(({ event }) => event)).toContain('cancelled');
    expect((session.endedAtMs ?? 0) - session.row.createdAtMs).toBeLessThan(20_100);
    expect(left).toEqual(nothingLeft);
  });

  it('is unreachable when nobody is there', async () => {
    const { session, left } = await outcomeOf({ flow: short, phoneIsThere: false });
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 408 });
    expect(left).toEqual(nothingLeft);
  });

  it('is unreachable, not unanswered, when nobody has said a word by the end of the ring timeout', async () => {
    const { session, left } = await outcomeOf({ flow: short, phoneIsThere: false, ringTimeoutMs: 10_000 });
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 408 });
    expect((session.endedAtMs ?? 0) - session.row.createdAtMs).toBeLessThan(10_100);
    expect(left).toEqual(nothingLeft);
  });

  it('is unreachable over TCP when nothing listens', async () => {
    const { session, left } = await outcomeOf({ flow: short, phoneIsThere: false, transport: 'tcp' });
    expect(session).toMatchObject({ outcome: 'Unreachable', sipCause: 503 });
    expect(left).toEqual(nothingLeft);
  });

  it('is rejected when the password of the trunk is wrong', async () => {
    const { session, left } = await outcomeOf({
      flow: short,
      credentials: { userName: 'ringflow', password: 'wrong' },
      phone: { credentials: { userName: 'ringflow', password: 'secret' } },
    });
    expect(session.outcome).toBe('Rejected');
    expect(left).toEqual(nothingLeft);
  });
});

describe('hanging up from outside', () => {
  it('cancels a call that rings', async () => {
    const world = callWorld({ flow: short, phone: { answerAfterMs: 30_000 } });
    const session = await world.call();
    await world.clock.advance(500);
    const ended = world.service.end(manager, session.row.id);
    expect(await world.over(session)).toBe(true);
    await ended;
    expect(session).toMatchObject({ outcome: 'Cancelled', sipCause: 487 });
    expect(world.phoneEvents.map(({ event }) => event)).toContain('cancelled');
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('works while the database is away', async () => {
    const world = callWorld({ flow: endless, canRead: false });
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined);
    const ended = world.service.end(manager, session.row.id);
    expect(await world.over(session)).toBe(true);
    await ended;
    expect(session.outcome).toBe('Cancelled');
    await expect(world.service.end(stranger, session.row.id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('hangs up a call that is up', async () => {
    const world = callWorld({ flow: endless });
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined);
    const ended = world.service.end(manager, session.row.id);
    expect(await world.over(session)).toBe(true);
    await ended;
    expect(session).toMatchObject({ outcome: 'Cancelled', callState: 'Disconnected', sipCause: 200 });
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a server that stops', () => {
  it('does not wait for a request that is refused by the database in the end', async () => {
    const clockWaits: (() => void)[] = [];
    const world = callWorld({
      flow: short,
      beforeStore: () =>
        new Promise((_resolve, reject) => clockWaits.push(() => reject(new AppError('STORE_UNAVAILABLE', { seconds: 1 })))),
    });
    const refused = expect(world.call()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await world.clock.runUntil(() => clockWaits.length === 1);
    let stopped = false;
    void world.service.stop(1000).then(() => {
      stopped = true;
    });
    await world.clock.advance(2000);
    expect(stopped).toBe(false);
    for (const goOn of clockWaits) goOn();
    await refused;
    expect(await world.clock.runUntil(() => stopped, 1000)).toBe(true);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('places no call for a request that was still being checked when it stopped', async () => {
    const waits: (() => void)[] = [];
    const world = callWorld({ flow: short, beforeLoad: () => new Promise((resolve) => waits.push(resolve)) });
    const refused = expect(world.call()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await world.stop();
    for (const goOn of waits) goOn();
    await refused;
    expect(world.sessions.size).toBe(0);
    expect(world.phoneEvents).toEqual([]);
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('refuses new calls, lets running ones end, and then is idle', async () => {
    const world = callWorld({ flow: short });
    const session = await world.call();
    const stopped = world.service.stop(30_000);
    await expect(world.call()).rejects.toMatchObject({ code: 'SHUTTING_DOWN', retryAfterSeconds: expect.any(Number) });
    expect(await world.over(session)).toBe(true);
    await stopped;
    expect(session.outcome).toBe('Completed');
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('hangs up what still runs when the time is over', async () => {
    const world = callWorld({ flow: endless });
    const session = await world.call();
    let stopped = false;
    void world.service.stop(5000).then(() => {
      stopped = true;
    });
    await world.clock.advance(4900);
    expect(session.endedAtMs).toBeUndefined();
    await world.clock.runUntil(() => stopped, 1000);
    expect(session).toMatchObject({ outcome: 'ServerShutDown', callState: 'Disconnected', sipCause: 200 });
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a request that is refused', () => {
  const world = callWorld({ flow: short, maxChannels: 1, phone: { answerAfterMs: 500_000 } });
  const refuse = (request: object, principal = manager) => world.service.createOutgoing(principal, request);

  it.each([
    [{}, 'REQUIRED', ['FlowId', 'NumberToDial']],
    [{ flowId: 'flow-1' }, 'REQUIRED', ['NumberToDial']],
    [{ flowId: 'flow-1', numberToDial: '12' }, 'NUMBER_NOT_POSSIBLE', ['NumberToDial']],
    [{ flowId: 'flow-1', numberToDial: 'sip:x@evil.example' }, 'NUMBER_NOT_POSSIBLE', ['NumberToDial']],
    [{ flowId: 'flow-2', numberToDial }, 'FLOW_NOT_FOUND', ['FlowId']],
    [{ flowId: 'flow-1', numberToDial, callerId: '+18144043999' }, 'CALLER_ID_NOT_OWNED', ['CallerId']],
  ])('leaves no session: %j', async (request, code, fields) => {
    await expect(refuse(request)).rejects.toMatchObject({ code, fields: fields.map((fieldName) => ({ fieldName })) });
    expect(world.sessions.size).toBe(0);
    expect(world.liveThings()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('answers alike for a flow that does not exist and for one of another account', async () => {
    const unknown = await refuse({ flowId: 'flow-2', numberToDial }).catch((error: unknown) => error);
    const foreign = await refuse({ flowId: 'flow-1', numberToDial }, stranger).catch((error: unknown) => error);
    expect(foreign).toEqual(unknown);
  });

  it('gives the channel and the port back when the session cannot be stored', async () => {
    let away = true;
    const flaky = callWorld({
      flow: short,
      maxChannels: 1,
      beforeStore: async () => {
        if (away) throw new AppError('STORE_UNAVAILABLE', { seconds: 1 });
      },
    });
    await expect(flaky.call()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(flaky.liveThings()).toMatchObject({ sessions: 0, streams: 0, legs: 0 });
    away = false;
    const session = await flaky.call({ callerId });
    expect(await flaky.over(session)).toBe(true);
    expect(session.outcome).toBe('Completed');
    expect(await flaky.finish()).toEqual(nothingLeft);
  });

  it('says how long to wait when all channels are in use', async () => {
    await world.call();
    await expect(world.call()).rejects.toMatchObject({ code: 'NO_CAPACITY', status: 503, retryAfterSeconds: 1 });
    expect(world.sessions.size).toBe(1);
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});

describe('a bad network', () => {
  it('does not keep the session waiting for an answer to BYE that never comes', async () => {
    const { session, left } = await outcomeOf({
      flow: short,
      filter: (bytes) => (startLine(Buffer.from(bytes).toString('latin1')) === '200 BYE' ? 'drop' : 'pass'),
    });
    expect(session.outcome).toBe('Completed');
    expect((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)).toBeLessThan(400);
    expect(left).toEqual(nothingLeft);
  });

  const exchange = ['INVITE', '100 INVITE', '180 INVITE', '200 INVITE', 'ACK', 'BYE', '200 BYE'];

  it.each(
    exchange.flatMap((message) => [
      [message, 'dropped once', 1],
      [message, 'dropped twice', 2],
      [message, 'duplicated', 0],
    ]),
  )('survives %s %s', async (message, _what, drops) => {
    let seen = 0;
    const { session, left } = await outcomeOf({
      flow: short,
      filter: (bytes) => {
        const text = Buffer.from(bytes).toString('latin1');
        if (!text.includes('SIP/2.0') || startLine(text) !== message) return 'pass';
        seen += 1;
        if (drops === 0) return seen === 1 ? 'duplicate' : 'pass';
        return seen <= Number(drops) ? 'drop' : 'pass';
      },
    });
    expect(seen).toBeGreaterThan(0);
    expect(session.outcome).toBe('Completed');
    expect(left).toEqual(nothingLeft);
  });
});
