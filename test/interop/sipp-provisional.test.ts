import { describe, expect } from 'vitest';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hungUp, ring, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// What sipp, as the callee, says before it answers.

const invited: SippStep = { recv: 'INVITE' };
const reliable = (status: number, rSeq: number, more: Partial<SippStep> = {}): SippStep => ({
  reply: status,
  to: 'INVITE',
  lines: ['Require: 100rel', `RSeq: ${rSeq}`],
  repeat: true,
  ...more,
});
const prack = (rSeq: number): readonly SippStep[] => [{ recv: 'PRACK', checks: [['RAck', `${rSeq} 1 INVITE`]] }, { reply: 200 }];
const answered: readonly SippStep[] = [answer, acknowledged, ...hungUp];

async function hears(calls: SippCalls, steps: readonly SippStep[], events: readonly string[]): Promise<void> {
  const { sipp, agent, call } = await calls.call(steps);
  call.onAnswered = (dialog) => void dialog.bye();
  expect(await sipp.done).toBe('');
  calls.expectEvents(call, ['sent', ...events, 'answered', 'ended by us']);
  await eventually(() => expect(agent.liveDialogs).toBe(0));
}

describe('provisional responses', () => {
  scenario('100 alone makes no dialog and no ringing', (calls) =>
    hears(calls, [invited, { reply: 100 }, { pauseMs: 700 }, ...answered], ['100']),
  );

  scenario('180, 181, 182 and 183 without a description are told as they come', (calls) =>
    hears(calls, [invited, ring, { reply: 181 }, { reply: 182 }, { reply: 183 }, ...answered], ['180', '181', '182', '183']),
  );

  scenario('183 with early media, then 180, then the answer', (calls) =>
    hears(calls, [invited, { reply: 183, sdp: {} }, ring, ...answered], ['183', '180']),
  );

  scenario('199 ends one fork while another goes on ringing and answers', (calls) =>
    hears(
      calls,
      [invited, { reply: 180, tag: 'one' }, { reply: 180, tag: 'two' }, { reply: 199, tag: 'one' }, ...answered],
      ['180', '180', '199'],
    ),
  );

  scenario('a status that nobody has heard of is a provisional response all the same', (calls) =>
    hears(calls, [invited, { reply: 187 }, ...answered], ['187']),
  );
});

describe('reliable provisional responses', () => {
  scenario('180 that must be acknowledged is, with the numbers of both', (calls) =>
    hears(calls, [invited, reliable(180, 7), ...prack(7), ...answered], ['180']),
  );

  scenario('each of several is acknowledged in its turn', (calls) =>
    hears(calls, [invited, reliable(183, 20, { sdp: {} }), ...prack(20), reliable(180, 21), ...prack(21), ...answered], ['183', '180']),
  );

  scenario('one that comes before its turn is not acknowledged', (calls) =>
    hears(
      calls,
      [invited, reliable(183, 5, { sdp: {} }), ...prack(5), reliable(180, 9, { repeat: false }), { pauseMs: 300 }, ...answered],
      ['183'],
    ),
  );

  scenario('one that is repeated is acknowledged once', async (calls) => {
    const once = reliable(180, 3, { repeat: false });
    const steps = [invited, once, ...prack(3), once, { pauseMs: 200 }, ...answered];
    const { sipp, call } = await calls.call(steps, { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', '180', 'answered', 'ended by us']);
  });

  scenario('an offer in it is answered in the PRACK when our INVITE had none', async (calls) => {
    const steps: SippStep[] = [
      invited,
      reliable(183, 1, { sdp: {} }),
      { recv: 'PRACK', checks: [['Content-Type', 'application/sdp']] },
      { reply: 200 },
      { reply: 200, to: 'INVITE', repeat: true },
      acknowledged,
      ...hungUp,
    ];
    const { sipp, call } = await calls.call(steps, { invite: { offer: () => OFFER } });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', '183', 'answered', 'ended by us']);
  });
});

describe('UPDATE before the answer', () => {
  const update = (sdp: boolean): SippStep => ({ request: 'UPDATE', repeat: true, ...(sdp && { sdp: { port: 6002, version: 2 } }) });

  scenario('of the callee is answered when the session is agreed on', async (calls) => {
    const steps = [invited, reliable(183, 1, { sdp: {} }), ...prack(1), { pauseMs: 100 }, update(true), { recv: 200 }, ...answered];
    const { sipp, call } = await calls.call(steps);
    call.onAnswered = (dialog) => void dialog.bye();
    // The log keeps the early dialog of each provisional response.
    await eventually(() => expect(call.early).toBeDefined());
    if (call.early) call.early.onReinvite = () => ANSWER;
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', '183', 'answered', 'ended by us']);
  });

  scenario('without an offer is answered at any time', (calls) =>
    hears(calls, [invited, reliable(180, 1), ...prack(1), update(false), { recv: 200 }, ...answered], ['180']),
  );
});

describe('an INVITE that forks', () => {
  const rival: readonly SippStep[] = [{ ...answer, tag: 'rival', repeat: false }, acknowledged];

  scenario('is answered twice: both are acknowledged, and the second is hung up', async (calls) => {
    // Whichever comes first, BYE or ACK: the second answer gets both.
    const steps: SippStep[] = [
      invited,
      ring,
      { ...answer, repeat: false },
      acknowledged,
      ...rival,
      { recv: 'BYE', checks: [['To', 'rival']] },
      { reply: 200 },
    ];
    const { sipp, agent, call } = await calls.call(steps, { seesRepetitions: true });
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', '180', 'answered']);
    await eventually(() => expect(agent.liveDialogs).toBe(1));
  });
});
