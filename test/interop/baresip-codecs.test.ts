import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { heardByUs } from '../support/heard-by-us.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';

const number = '+18144043093';
const never = new AbortController().signal;
let telephony: Engine;
const phones: Baresip[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

afterAll(() => telephony.close());

describe('baresip', () => {
  it.each([
    ['g722', 'G722', 'G722/8000'],
    ['opus', 'opus', 'opus/48000/2'],
  ] as const)('with nothing but %s is heard, hears, and presses keys both ways', async (name, codec, encoding) => {
    const phone = await startBaresip({ user: number, codecs: [name], toneHz: 700 });
    phones.push(phone);
    const call = await directCall(telephony, number, phone.port, { codecs: ['PCMU', 'G722', 'opus'] });
    const leg = await call.answered;
    await delay(500);
    const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never);
    for (const key of '4*2#') {
      await phone.command('sndcode', key);
      await delay(200);
    }
    expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
    await leg.play(makePrompt(tone(1000, 1000, -15)), { interruptible: false }, never);
    await leg.sendDigits('79*D', never);
    expect(await heardByUs(leg, 700, 2000)).toBeGreaterThan(0.3);
    await leg.hangup();
    const { end, media } = await call.ended;
    expect(end.why).toBe('we-hung-up');
    expect(media).toMatchObject({ codec, clockRate: codec === 'opus' ? 48_000 : 8000, lost: 0, unagreed: 0, audible: true, digits: 4 });
    // At the wrong clock rate this would be hundreds of milliseconds.
    expect(media.jitterMs).toBeLessThan(30);

    expect(loudest(1000, samplesOf(await phone.heard()))).toBeGreaterThan(0.2);
    const log = await phone.log();
    expect([...log.matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key).join('')).toBe('79*D');
    // Once in our offer, once in the answer.
    expect(log.match(new RegExp(`^a=rtpmap:\\d+ ${encoding}`, 'gm'))).toHaveLength(2);
    expect(telephony.liveLegs).toBe(0);
  });
});
