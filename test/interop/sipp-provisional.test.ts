import { describe, expect, it, vi } from 'vitest';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import { sippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hungUp, ring, type SippStep } from '../support/sipp-scenario.ts';

// What sipp, as the callee, says before it answers.

const calls = sippCalls();
const invited: SippStep = { recv: 'INVITE' };
const reliable = (status: number, rSeq: number, more: Partial<SippStep> = {}): SippStep => ({
  reply: status,
  to: 'INVITE',
  lines: ['Require: 100rel', `RSeq: ${rSeq}`],
  ...more,
});
const prack = (rSeq: number): readonly SippStep[] => [{ recv: 'PRACK', checks: [['RAck', `${rSeq} 1 INVITE`]] }, { reply: 200 }];
const answered: readonly SippStep[] = [answer, acknowledged, ...hungUp];

async function hears(steps: readonly SippStep[], events: readonly string[]): Promise<void> {
  const { sipp, agent, call } = await calls.call(steps);
  call.onAnswered = (dialog) => void dialog.bye();
  expect(await sipp.done).toBe('');
  expect(call.events).toEqual(['sent', ...events, 'answered', 'ended by us']);
  await vi.waitFor(() => expect(agent.liveDialogs).toBe(0));
}

describe('provisional responses', () => {
  it.concurrent('100 alone makes no dialog and no ringing', () => hears([invited, { reply: 100 }, { pauseMs: 700 }, ...answered], ['100']));

  it.concurrent('180, 181, 182 and 183 without a description are told as they come', () =>
    hears([invited, ring, { reply: 181 }, { reply: 182 }, { reply: 183 }, ...answered], ['180', '181', '182', '183']));

  it.concurrent('183 with early media, then 180, then the answer', () =>
    hears([invited, { reply: 183, sdp: {} }, ring, ...answered], ['183', '180']));

  it.concurrent('199 ends one fork while another goes on ringing and answers', () =>
    hears(
      [invited, { reply: 180, tag: 'one' }, { reply: 180, tag: 'two' }, { reply: 199, tag: 'one' }, ...answered],
      ['180', '180', '199'],
    ));

  it.concurrent('a status that nobody has heard of is a provisional response all the same', () =>
    hears([invited, { reply: 187 }, ...answered], ['187']));
});

describe('reliable provisional responses', () => {
  it.concurrent('180 that must be acknowledged is, with the numbers of both', () =>
    hears([invited, reliable(180, 7), ...prack(7), ...answered], ['180']));

  it.concurrent('each of several is acknowledged in its turn', () =>
    hears([invited, reliable(183, 20, { sdp: {} }), ...prack(20), reliable(180, 21), ...prack(21), ...answered], ['183', '180']));

  it.concurrent('one that comes before its turn is not acknowledged', () =>
    hears([invited, reliable(183, 5, { sdp: {} }), ...prack(5), reliable(180, 9), { pauseMs: 300 }, ...answered], ['183']));

  it.concurrent('one that is repeated is acknowledged once', async () => {
    const steps = [invited, reliable(180, 3), ...prack(3), reliable(180, 3), { pauseMs: 200 }, ...answered];
    const { sipp, call } = await calls.call(steps, { seesRepetitions: true });
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', '180', 'answered', 'ended by us']);
  });

  it.concurrent('an offer in it is answered in the PRACK when our INVITE had none', async () => {
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
    expect(call.events).toEqual(['sent', '183', 'answered', 'ended by us']);
  });
});

describe('UPDATE before the answer', () => {
  const update = (sdp: boolean): SippStep => ({ request: 'UPDATE', repeat: true, ...(sdp && { sdp: { port: 6002, version: 2 } }) });

  it.concurrent('of the callee is answered when the session is agreed on', async () => {
    const steps = [invited, reliable(183, 1, { sdp: {} }), ...prack(1), { pauseMs: 100 }, update(true), { recv: 200 }, ...answered];
    const { sipp, call } = await calls.call(steps);
    call.onAnswered = (dialog) => void dialog.bye();
    // The log keeps the early dialog of each provisional response.
    await vi.waitFor(() => expect(call.early).toBeDefined());
    if (call.early) call.early.onReinvite = () => ANSWER;
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', '183', 'answered', 'ended by us']);
  });

  it.concurrent('without an offer is answered at any time', () =>
    hears([invited, reliable(180, 1), ...prack(1), update(false), { recv: 200 }, ...answered], ['180']));
});

describe('an INVITE that forks', () => {
  const rival: readonly SippStep[] = [{ ...answer, tag: 'rival', repeat: false }, acknowledged];

  it.concurrent('is answered twice: both are acknowledged, and the second is hung up', async () => {
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
    expect(call.events).toEqual(['sent', '180', 'answered']);
    expect(agent.liveDialogs).toBe(1);
  });
});
