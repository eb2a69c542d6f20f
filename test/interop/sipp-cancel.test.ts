import { describe, expect } from 'vitest';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hangUp, hungUp, ring, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario, scenarioOver } from '../support/sipp-scenarios.ts';

// Calls that end before, while and after sipp, as the callee, answers.

const invited: SippStep = { recv: 'INVITE' };
const cancelled: readonly SippStep[] = [{ recv: 'CANCEL' }, { reply: 200 }];
const gone: SippStep = { reply: 487, to: 'INVITE', repeat: true };
const wave: readonly SippStep[] = [{ ...answer, repeat: false }, acknowledged, ...hungUp];

async function cancels(calls: SippCalls, steps: readonly SippStep[], seesRepetitions = false, afterMs = 0) {
  const { sipp, agent, call, invite } = await calls.call(steps, { seesRepetitions });
  await eventually(() => expect(call.events).toContain('180'));
  setTimeout(() => invite.cancel(), afterMs);
  expect(await sipp.done).toBe('');
  await eventually(() => expect(call.failure?.why).toBe('cancelled'));
  expect(call.events).not.toContain('answered');
  await eventually(() => expect(agent.liveDialogs).toBe(0));
  return call;
}

describe('CANCEL', () => {
  scenario('that reaches a ringing callee ends the call with 487', async (calls) => {
    expect((await cancels(calls, [invited, ring, ...cancelled, gone, acknowledged])).failure?.status).toBe(487);
  });

  scenario('that crosses the answer: the call is acknowledged and hung up', (calls) =>
    cancels(calls, [invited, ring, ...cancelled, ...wave]),
  );

  scenario('that came too late: 481 for it, and the answered call is acknowledged and hung up', (calls) =>
    cancels(calls, [invited, ring, { recv: 'CANCEL' }, { reply: 481 }, ...wave]),
  );

  scenario('is sent again when it gets lost', (calls) =>
    cancels(calls, [invited, ring, { recv: 'CANCEL' }, ...cancelled, { ...gone, repeat: false }, acknowledged], true),
  );

  scenario('whose 487 is lost: the repeated one is acknowledged', (calls) =>
    cancels(calls, [invited, ring, ...cancelled, { ...gone, lost: 100, repeat: false }, { pauseMs: 500 }, gone, acknowledged]),
  );

  scenario('whose ACK to the 487 is lost: it is acknowledged again', (calls) =>
    cancels(calls, [invited, ring, ...cancelled, { ...gone, repeat: false }, acknowledged, { ...gone, repeat: false }, acknowledged], true),
  );

  scenario('waits for the first provisional response', async (calls) => {
    const { sipp, call, invite } = await calls.call([invited, { pauseMs: 400 }, ring, ...cancelled, gone, acknowledged]);
    invite.cancel();
    // The caller is told at once; whatever comes later is hung up.
    expect(call.failure?.why).toBe('cancelled');
    expect(await sipp.done).toBe('');
  });
});

describe('hanging up', () => {
  const up: readonly SippStep[] = [invited, answer, acknowledged];

  for (const transport of ['udp', 'tcp'] as const)
    scenarioOver[transport](`by the callee is answered, over ${transport}`, async (calls) => {
      const { sipp, agent, call } = await calls.call([...up, { pauseMs: 100 }, ...hangUp], { transport });
      expect(await sipp.done).toBe('');
      calls.expectEvents(call, ['sent', 'answered', 'ended by peer']);
      expect(agent.liveDialogs).toBe(0);
    });

  scenario('the BYE is repeated until it is answered', async (calls) => {
    const { sipp, agent, call } = await calls.call([...up, { recv: 'BYE' }, { recv: 'BYE' }, ...hungUp], { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', 'answered', 'ended by us']);
    await eventually(() => expect(agent.liveDialogs).toBe(0));
  });

  for (const status of [481, 408, 500])
    scenario(`a BYE that is answered ${status} ends the call all the same`, async (calls) => {
      const { sipp, agent, call } = await calls.call([...up, { recv: 'BYE' }, { reply: status }]);
      call.onAnswered = (dialog) => void dialog.bye();
      expect(await sipp.done).toBe('');
      await eventually(() => expect(agent.liveDialogs).toBe(0));
    });

  scenario('of both at once is answered by both', async (calls) => {
    const { sipp, agent, call } = await calls.call([...up, { recv: 'BYE' }, { request: 'BYE' }, { recv: 200 }, { pauseMs: 100 }]);
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    await eventually(() => expect(agent.liveDialogs).toBe(1));
  });
});

describe('answers that get lost', () => {
  scenario('an answer that comes again is acknowledged again, three times', async (calls) => {
    const again: readonly SippStep[] = [{ ...answer, repeat: false }, acknowledged];
    const { sipp, call } = await calls.call([invited, ring, ...again, ...again, ...again, ...hungUp], { seesRepetitions: true });
    call.onAnswered = (dialog) => setTimeout(() => void dialog.bye(), 800);
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', '180', 'answered', 'ended by us']);
  });

  scenario('an INVITE that gets no response is sent again', async (calls) => {
    const { sipp, call } = await calls.call([invited, invited, invited, ...wave], { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', 'answered', 'ended by us']);
  });

  const loses = (step: SippStep): SippStep => ({ ...step, lost: 100, repeat: false });
  const lossy: readonly (readonly [string, readonly SippStep[]])[] = [
    ['the 180', [invited, loses(ring), answer, acknowledged, ...hungUp]],
    ['the first answer', [invited, ring, loses(answer), { pauseMs: 500 }, { ...answer, repeat: false }, acknowledged, ...hungUp]],
    ['180 and answer', [invited, loses(ring), loses(answer), invited, { ...answer, repeat: false }, acknowledged, ...hungUp]],
    ['the end of the call', [invited, answer, acknowledged, { recv: 'BYE' }, loses({ reply: 200 }), ...hungUp]],
  ];

  for (const [what, steps] of lossy)
    scenario(`${what}: the call is answered and hung up all the same`, async (calls) => {
      const { sipp, agent, call } = await calls.call(steps, { seesRepetitions: true });
      call.onAnswered = (dialog) => void dialog.bye();
      expect(await sipp.done).toBe('');
      expect(call.events.slice(-2)).toEqual(['answered', 'ended by us']);
      await eventually(() => expect(agent.liveDialogs).toBe(0));
    });
});
