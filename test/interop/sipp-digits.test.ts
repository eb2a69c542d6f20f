import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/telephony/engine.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { sippCallee } from '../support/sipp.ts';
import { acknowledged, answer, hungUp, type SippStep, sippScenario } from '../support/sipp-scenario.ts';

// Digits in SIP INFO, between sipp and the whole of our telephony, media threads and all.

const never = new AbortController().signal;
const number = '+18144043093';
let telephony: Engine;

beforeAll(async () => {
  telephony = await directTelephony();
});

afterAll(() => telephony.close());

const up: readonly SippStep[] = [{ recv: 'INVITE' }, answer, acknowledged];
const info = (sdp: string, type = 'application/dtmf-relay'): SippStep => ({ request: 'INFO', type, sdp, repeat: true });

describe('digits in INFO', () => {
  it('of sipp are collected, and other bodies are refused', async () => {
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
    const sipp = await sippCallee({ xml: sippScenario('callee', [...up, ...steps, ...hungUp]) }, 'udp');
    const call = await directCall(telephony, number, sipp.local.port);
    const leg = await call.answered;
    expect(await leg.collect({ max: 9, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never)).toEqual({
      digits: '4*2',
      why: 'terminator',
    });
    await leg.hangup();
    expect((await call.ended).media.digits).toBe(4);
    expect(await sipp.done).toBe('');
  });

  it('are sent to sipp, each when the one before was taken', async () => {
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
    const sipp = await sippCallee({ xml: sippScenario('callee', steps) }, 'udp');
    const call = await directCall(telephony, number, sipp.local.port, { digits: 'info' });
    const leg = await call.answered;
    await leg.sendDigits('1*D', never);
    await leg.hangup();
    expect(await sipp.done).toBe('');
  });
});
