import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/telephony/engine.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { hearing } from '../support/heard-tones.ts';

const number = '+18144043093';
let telephony: Engine;
const phones: Baresip[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

afterAll(() => telephony.close());

async function phone(user: string, toneHz: number): Promise<Baresip> {
  const started = await startBaresip({ user, codecs: ['opus'], toneHz, maxCalls: 2 });
  phones.push(started);
  return started;
}

describe('baresip in a call in Opus', () => {
  it('is transferred to another phone by us, and the two hear each other without us', { timeout: 40_000 }, async () => {
    const [one, other] = [await phone(number, 700), await phone('other', 1100)];
    const call = await directCall(telephony, number, one.port, { codecs: ['opus'] });
    const leg = await call.answered;
    await delay(500);
    const outcome = await leg.transfer(`sip:other@127.0.0.1:${other.port}`, AbortSignal.timeout(15_000));
    expect(outcome).toMatchObject({ result: 'transferred', sip: 200 });
    await leg.hangup();
    const { media } = await call.ended;
    expect(media).toMatchObject({ codec: 'opus', audible: true });
    await other.seen('CALL_ESTABLISHED');
    await Promise.all([hearing(1100, one), hearing(700, other)]);
    expect(telephony.liveLegs).toBe(0);
  });

  it('asks to be transferred, is declined, hangs up for that, and nobody else was called', { timeout: 40_000 }, async () => {
    const [one, other] = [await phone(number, 700), await phone('other', 1100)];
    const call = await directCall(telephony, number, one.port, { codecs: ['opus'] });
    await call.answered;
    await delay(500);
    await one.command('transfer', `sip:other@127.0.0.1:${other.port}`);
    expect((await call.ended).end.why).toBe('callee-hung-up');
    expect(await one.log()).toMatch(/^SIP\/2\.0 603 /m);
    expect(await other.log()).not.toContain('INVITE sip:');
    expect(telephony.liveLegs).toBe(0);
  });
});
