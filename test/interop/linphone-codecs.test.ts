import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import type { AudioCodec } from '../../src/telephony/port.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { heardByUs } from '../support/heard-by-us.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { startLinphone } from '../support/linphone.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { getKeys, inState, pauseAndResume, speaks, useCodecs } from '../support/talk-with-linphone.ts';
import { testPort } from '../support/test-port.ts';

const number = '+18144043093';
const offered = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
const never = new AbortController().signal;
let telephony: Engine;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => telephony.close());

async function call(codecs: readonly AudioCodec[]) {
  const port = await testPort();
  const phone = await startLinphone(port);
  closing.push(() => phone.close());
  useCodecs(phone, codecs);
  const { answered, ended } = await directCall(telephony, number, port, { codecs: offered });
  const leg = await answered;
  await inState(phone, 'LinphoneCallStreamsRunning');
  return { phone, leg, ended };
}

describe('linphone', () => {
  it.each(['PCMA', 'G722', 'opus'] as const)('with nothing but %s answers, hears, is heard, and its keys arrive', async (codec) => {
    const sipPort = await testPort();
    const phone = await startLinphoneConsole({ sipPort, toneHz: 700, codecs: [codec] });
    closing.push(phone.close);
    const { answered, ended } = await directCall(telephony, number, sipPort, { codecs: offered });
    const leg = await answered;
    await phone.seen('Media streams established');
    const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never);
    phone.press('4*2#');
    expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
    await leg.play(makePrompt(tone(1000, 1000, -15)), { interruptible: false }, never);
    // Long enough for the reports of both sides.
    expect(await heardByUs(leg, 700, 5_500)).toBeGreaterThan(0.2);
    await leg.hangup();
    const { media } = await ended;
    expect(media).toMatchObject({ codec, clockRate: codec === 'opus' ? 48_000 : 8000, unagreed: 0, digits: 4 });
    expect(media.received).toBeGreaterThan(200);
    // What it says of our packets, at the clock of the codec: at another one this would be hundreds.
    expect(media.reportsReceived).toBeGreaterThan(0);
    expect(media.remoteLost).toBe(0);
    expect(media.remoteJitterMs).toBeLessThan(40);
    expect(media.jitterMs).toBeLessThan(40);
    expect(loudest(1000, samplesOf(await phone.heard()))).toBeGreaterThan(0.2);
  });

  it.each([
    ['PCMU', 'opus'],
    ['opus', 'G722'],
  ] as const)('changes from %s to %s in the middle of the call, with a new offer', async (before, after) => {
    const { phone, leg, ended } = await call([before]);
    useCodecs(phone, [after]);
    await pauseAndResume(phone);
    await speaks(phone, 700);
    await getKeys(leg, (key) => phone.command(`dtmf ${key}`));
    expect(await heardByUs(leg, 700, 1_500)).toBeGreaterThan(0.2);
    await leg.hangup();
    const { media } = await ended;
    expect(media).toMatchObject({ codec: after, unagreed: 0, digits: 4 });
    expect(media.jitterMs).toBeLessThan(40);
  });
});
