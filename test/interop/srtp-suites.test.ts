import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import type { AnsweredCall, MediaReport, SrtpPolicy } from '../../src/telephony/port.ts';
import { startBaresip } from '../support/baresip.ts';
import { type DirectCall, directCall, directTelephony } from '../support/direct-call.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { suiteRelay } from '../support/suite-relay.ts';
import { testPort } from '../support/test-port.ts';

// Each phone would choose the first suite that it is offered, so that a relay before it leaves one only.

const number = '+18144043093';
const never = new AbortController().signal;
let telephony: Engine;
let folder = '';
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
  folder = await mkdtemp(join(tmpdir(), 'srtp-suites-'));
}, 30_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(async () => {
  await telephony.close();
  await rm(folder, { recursive: true });
});

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

/** What of the phone the tests of both have. */
interface Phone {
  readonly close: () => Promise<void>;
  /** Presses 4, * and 2. */
  readonly press: () => Promise<void>;
  readonly heard: () => Promise<Uint8Array>;
}

const PHONE_HZ = 700;
const OUR_HZ = 1000;

/** Both hear each other in the clear, we hear the keys of the phone, and it reports that it loses nothing. */
async function expectTalk(phone: Phone, call: DirectCall, leg: AnsweredCall): Promise<MediaReport> {
  const collected = leg.collect({ max: 3, terminators: '', firstMs: 10_000, betweenMs: 10_000 }, never);
  await phone.press();
  expect(await collected).toMatchObject({ digits: '4*2' });
  await leg.play(makePrompt(tone(OUR_HZ, 1000, -15)), { interruptible: false }, never);
  const path = join(folder, 'heard.wav');
  // Long enough for the reports of both sides.
  await leg.record({ path, maxMs: 5500, terminators: '', silenceMs: 0, trimSilence: false }, never);
  await leg.hangup();
  const { end, media } = await call.ended;
  expect(end.why).toBe('we-hung-up');
  expect(media).toMatchObject({ codec: 'PCMU', unencrypted: 0, unagreed: 0, lost: 0, remoteLost: 0, digits: 3 });
  expect(media.reportsReceived).toBeGreaterThan(0);
  expect(media.received).toBeGreaterThan(200);
  expect(loudest(PHONE_HZ, samplesOf(await readFile(path)))).toBeGreaterThan(0.3);
  expect(loudest(OUR_HZ, samplesOf(await phone.heard()))).toBeGreaterThan(0.2);
  return media;
}

describe('baresip', () => {
  it.each(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'])(
    'with %s hears, is heard, presses keys and reports',
    { timeout: 30_000 },
    async (suite) => {
      const phone = await startBaresip({ user: number, toneHz: PHONE_HZ, mediaEncryption: 'srtp-mand' });
      closing.push(phone.close);
      const { call, leg, answered } = await calling(suite, phone.port);
      const press = async (): Promise<void> => {
        for (const key of '4*2') {
          await phone.command('sndcode', key);
          await delay(200);
        }
      };
      const { unauthentic } = await expectTalk({ ...phone, press }, call, leg);
      expect(unauthentic).toBe(0);
      expect([...answered]).toEqual([suite]);
    },
  );
});

describe('linphone', () => {
  it.each([
    ['AES_CM_128_HMAC_SHA1_80', 'required'],
    ['AES_256_CM_HMAC_SHA1_80', 'required'],
    ['AES_CM_128_HMAC_SHA1_32', 'required'],
    ['AES_CM_128_HMAC_SHA1_80', 'optional'],
    ['AES_CM_128_HMAC_SHA1_32', 'optional'],
  ] as const)('with %s, where SRTP is %s, hears, is heard, presses keys and reports', { timeout: 30_000 }, async (suite, srtp) => {
    const port = await testPort();
    // Else it answers RTP/AVP with keys in clear where SRTP is optional.
    const mandatory = `media_encryption_mandatory=${srtp === 'optional' ? 1 : 0}`;
    const phone = await startLinphoneConsole({ sipPort: port, toneHz: PHONE_HZ, sip: ['media_encryption=srtp', mandatory] });
    closing.push(phone.close);
    const { call, leg, answered } = await calling(suite, port, srtp);
    await phone.seen('Media streams established');
    const { unauthentic = 100 } = await expectTalk({ ...phone, press: async () => phone.press('4*2') }, call, leg);
    // It repeats the end of each key with the same sequence number.
    expect(unauthentic).toBeLessThanOrEqual(10);
    expect([...answered]).toEqual([suite]);
  });
});
