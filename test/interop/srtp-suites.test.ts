import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import type { AnsweredCall, MediaReport, SrtpPolicy } from '../../src/telephony/port.ts';
import { startBaresip } from '../support/baresip.ts';
import { type DirectCall, directCall, directTelephony } from '../support/direct-call.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { startLinphone } from '../support/linphone.ts';
import { suiteRelay } from '../support/suite-relay.ts';
import { testPort } from '../support/test-port.ts';

// Each phone would choose the first suite that it is offered, so that a relay before it leaves one only.

const number = '+18144043093';
const never = new AbortController().signal;
let telephony: Engine;
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
}, 30_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => telephony.close());

/** Calls a phone through a relay that leaves one suite. */
async function calling(
  suite: string,
  phonePort: number,
  srtp: SrtpPolicy = 'required',
): Promise<{ call: DirectCall; leg: AnsweredCall; answered: ReadonlySet<string> }> {
  const relay = await suiteRelay(suite, phonePort);
  closing.push(relay.close);
  const call = await directCall(telephony, number, relay.port, { srtp, codecs: ['PCMU'] });
  return { call, leg: await call.answered, answered: relay.answered };
}

/** Waits until the phone has reported what it got, and hangs up. That packets without its key are counted says that the call had keys. */
async function ends(call: DirectCall, leg: AnsweredCall): Promise<MediaReport> {
  await delay(5500);
  await leg.hangup();
  const { end, media } = await call.ended;
  expect(end.why).toBe('we-hung-up');
  expect(media).toMatchObject({ unencrypted: 0, unagreed: 0, lost: 0, remoteLost: 0, digits: 3 });
  expect(media.reportsReceived).toBeGreaterThan(0);
  return media;
}

describe('baresip', () => {
  it.each(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'])(
    'with %s hears, is heard, presses keys and reports',
    { timeout: 30_000 },
    async (suite) => {
      const phone = await startBaresip({ user: number, toneHz: 700, mediaEncryption: 'srtp-mand' });
      closing.push(phone.close);
      const { call, leg, answered } = await calling(suite, phone.port);
      const collected = leg.collect({ max: 3, terminators: '', firstMs: 10_000, betweenMs: 10_000 }, never);
      for (const key of '4*2') {
        await phone.command('sndcode', key);
        await delay(200);
      }
      expect(await collected).toMatchObject({ digits: '4*2' });
      await leg.play(makePrompt(tone(1000, 1000, -15)), { interruptible: false }, never);
      const { received, unauthentic } = await ends(call, leg);
      expect([received > 200, unauthentic]).toEqual([true, 0]);
      expect([...answered]).toEqual([suite]);
      expect(loudest(1000, samplesOf(await phone.heard()))).toBeGreaterThan(0.2);
    },
  );
});

describe('linphone', () => {
  it.each([
    ['AES_CM_128_HMAC_SHA1_80', 'required'],
    ['AES_256_CM_HMAC_SHA1_80', 'required'],
    ['AES_CM_128_HMAC_SHA1_32', 'required'],
    ['AES_CM_128_HMAC_SHA1_80', 'optional'],
  ] as const)('with %s, where SRTP is %s, presses keys and reports that it loses nothing', { timeout: 30_000 }, async (suite, srtp) => {
    const port = await testPort();
    // Else it answers RTP/AVP with keys in clear.
    const phone = await startLinphone(port, srtp === 'optional');
    closing.push(phone.close);
    phone.command('media-encryption srtp');
    await phone.seen('Encryption: srtp');
    const { call, leg, answered } = await calling(suite, port, srtp);
    await delay(1000);
    const collected = leg.collect({ max: 3, terminators: '', firstMs: 10_000, betweenMs: 10_000 }, never);
    for (const key of '4*2') {
      phone.command(`dtmf ${key}`);
      await delay(250);
    }
    expect(await collected).toMatchObject({ digits: '4*2' });
    // It has no sound card: all that it sends is its keys, the ends of which it repeats with the same sequence numbers.
    const { received, unauthentic } = await ends(call, leg);
    expect([received >= 12, (unauthentic ?? 100) <= 10]).toEqual([true, true]);
    expect([...answered]).toEqual([suite]);
  });
});
