import { describe, expect, it, vi } from 'vitest';
import { sippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hangUp, hungUp, ring, type SippStep } from '../support/sipp-scenario.ts';

// Calls that end before, while and after sipp, as the callee, answers.

const calls = sippCalls();
const invited: SippStep = { recv: 'INVITE' };
const cancelled: readonly SippStep[] = [{ recv: 'CANCEL' }, { reply: 200 }];
const gone: SippStep = { reply: 487, to: 'INVITE', repeat: true };
const wave: readonly SippStep[] = [{ ...answer, repeat: false }, acknowledged, ...hungUp];

async function cancels(steps: readonly SippStep[], seesRepetitions = false, afterMs = 0) {
  const { sipp, agent, call, invite } = await calls.call(steps, { seesRepetitions });
  await vi.waitFor(() => expect(call.events).toContain('180'));
  setTimeout(() => invite.cancel(), afterMs);
  expect(await sipp.done).toBe('');
  await vi.waitFor(() => expect(call.failure?.why).toBe('cancelled'));
  expect(call.events).not.toContain('answered');
  await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
  return call;
}

describe('CANCEL', () => {
  it.concurrent('that reaches a ringing callee ends the call with 487', async () => {
    expect((await cancels([invited, ring, ...cancelled, gone, acknowledged])).failure?.status).toBe(487);
  });

  it.concurrent('that crosses the answer: the call is acknowledged and hung up', () => cancels([invited, ring, ...cancelled, ...wave]));

  it.concurrent('that came too late: 481 for it, and the answered call is acknowledged and hung up', () =>
    cancels([invited, ring, { recv: 'CANCEL' }, { reply: 481 }, ...wave]));

  it.concurrent('is sent again when it gets lost', () =>
    cancels([invited, ring, { recv: 'CANCEL' }, ...cancelled, { ...gone, repeat: false }, acknowledged], true));

  it.concurrent('whose 487 is lost: the repeated one is acknowledged', () =>
    cancels([invited, ring, ...cancelled, { ...gone, lost: 100, repeat: false }, { pauseMs: 500 }, gone, acknowledged]));

  it.concurrent('whose ACK to the 487 is lost: it is acknowledged again', () =>
    cancels([invited, ring, ...cancelled, { ...gone, repeat: false }, acknowledged, { ...gone, repeat: false }, acknowledged], true));

  it.concurrent('waits for the first provisional response', async () => {
    const { sipp, call, invite } = await calls.call([invited, { pauseMs: 400 }, ring, ...cancelled, gone, acknowledged]);
    invite.cancel();
    // The caller is told at once; whatever comes later is hung up.
    expect(call.failure?.why).toBe('cancelled');
    expect(await sipp.done).toBe('');
  });
});

describe('hanging up', () => {
  const up: readonly SippStep[] = [invited, answer, acknowledged];

  it.concurrent.each(['udp', 'tcp'] as const)('by the callee is answered, over %s', async (transport) => {
    const { sipp, agent, call } = await calls.call([...up, { pauseMs: 100 }, ...hangUp], { transport });
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', 'answered', 'ended by peer']);
    expect(agent.liveDialogs).toBe(0);
  });

  it.concurrent('the BYE is repeated until it is answered', async () => {
    const { sipp, agent, call } = await calls.call([...up, { recv: 'BYE' }, { recv: 'BYE' }, ...hungUp], { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', 'answered', 'ended by us']);
    await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
  });

  it.concurrent.each([481, 408, 500])('a BYE that is answered %i ends the call all the same', async (status) => {
    const { sipp, agent, call } = await calls.call([...up, { recv: 'BYE' }, { reply: status }]);
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
  });

  it.concurrent('of both at once is answered by both', async () => {
    const { sipp, agent, call } = await calls.call([...up, { recv: 'BYE' }, { request: 'BYE' }, { recv: 200 }, { pauseMs: 100 }]);
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    expect(agent.liveDialogs).toBe(1);
  });
});

describe('answers that get lost', () => {
  it.concurrent('an answer that comes again is acknowledged again, three times', async () => {
    const again: readonly SippStep[] = [{ ...answer, repeat: false }, acknowledged];
    const { sipp, call } = await calls.call([invited, ring, ...again, ...again, ...again, ...hungUp], { seesRepetitions: true });
    call.onAnswered = (dialog) => setTimeout(() => void dialog.bye(), 800);
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', '180', 'answered', 'ended by us']);
  });

  it.concurrent('an INVITE that gets no response is sent again', async () => {
    const { sipp, call } = await calls.call([invited, invited, invited, ...wave], { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', 'answered', 'ended by us']);
  });

  const loses = (step: SippStep): SippStep => ({ ...step, lost: 100, repeat: false });
  const lossy: readonly (readonly [string, readonly SippStep[]])[] = [
    ['the 180', [invited, loses(ring), answer, acknowledged, ...hungUp]],
    ['the first answer', [invited, ring, loses(answer), { pauseMs: 500 }, { ...answer, repeat: false }, acknowledged, ...hungUp]],
    ['180 and answer', [invited, loses(ring), loses(answer), invited, { ...answer, repeat: false }, acknowledged, ...hungUp]],
    ['the end of the call', [invited, answer, acknowledged, { recv: 'BYE' }, loses({ reply: 200 }), ...hungUp]],
  ];

  it.concurrent.each(lossy)('%s: the call is answered and hung up all the same', async (_what, steps) => {
    const { sipp, agent, call } = await calls.call(steps, { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    expect(call.events.slice(-2)).toEqual(['answered', 'ended by us']);
    await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
  });
});
