import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Engine } from '../../src/telephony/engine.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { directCall, directTelephonyAt } from '../support/direct-call.ts';
import { acknowledged, answer, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// Digits in SIP INFO, between sipp and the whole of our telephony, media threads and all.

const never = new AbortController().signal;
const number = '+18144043093';
let telephony: Engine;
let sip: Endpoint;

beforeAll(async () => {
  ({ telephony, sip } = await directTelephonyAt());
});

afterAll(async () => {
  await eventually(() => expect(telephony.liveLegs).toBe(0));
  await telephony.close();
});

const up: readonly SippStep[] = [{ recv: 'INVITE' }, answer, acknowledged];
const info = (sdp: string, type = 'application/dtmf-relay'): SippStep => ({ request: 'INFO', type, sdp, repeat: true });

describe('digits in INFO', () => {
  scenario('of sipp are collected, and other bodies are refused', async (calls) => {
    const steps: SippStep[] = [
      info('Signal=4\nDuration=160'),
      { recv: 200 },
      info('Signal= *\nDuration= 250'),
      { recv: 200 },
      info('<x/>', 'application/media_control+xml'),
      { recv: 415, checks: [['Accept', 'application/dtmf-relay']] },
      info('2', 'application/dtmf'),
      { recv: 200 },
      info('#', 'application/dtmf'),
      { recv: 200 },
    ];
    const { sipp, at } = await calls.callee([...up, ...steps, ...hungUp], sip);
    const call = await directCall(telephony, number, at.port);
    const leg = await call.answered;
    expect(await leg.collect({ max: 9, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never)).toEqual({
      digits: '4*2',
      why: 'terminator',
    });
    await leg.hangup();
    expect((await call.ended).media.digits).toBe(4);
    expect(await sipp.done).toBe('');
  });

  scenario('are sent to sipp, each when the one before was taken', async (calls) => {
    const taken = (signal: string): readonly SippStep[] => [
      {
        recv: 'INFO',
        checks: [
          ['Content-Type', 'application/dtmf-relay'],
          ['', `Signal=${signal}`],
          ['', 'Duration=100'],
        ],
      },
      { reply: 200 },
    ];
    const steps = [...up, ...taken('1'), ...taken('[*]'), ...taken('D'), ...hungUp];
    const { sipp, at } = await calls.callee(steps, sip);
    const call = await directCall(telephony, number, at.port, { digits: 'info' });
    const leg = await call.answered;
    await leg.sendDigits('1*D', never);
    await leg.hangup();
    expect(await sipp.done).toBe('');
  });
});
