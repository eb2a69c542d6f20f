import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import type { AudioCodec } from '../../src/telephony/port.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { buildWav, pcm16, sine } from '../support/sound.ts';
import { testPort } from '../support/test-port.ts';

const number = '+18144043093';
const offered = ['PCMU', 'PCMA', 'G722', 'opus'] as const;
const never = new AbortController().signal;
const names = { PCMU: 'PCMU/8000/1', PCMA: 'PCMA/8000/1', G722: 'G722/8000/1', opus: 'opus/48000/2' } as const;
let telephony: Engine;
let folder = '';
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
  folder = await mkdtemp(join(tmpdir(), 'linphone-codecs-'));
  await writeFile(join(folder, 'tone.wav'), buildWav({ data: pcm16(sine(700, 8000, 20)) }));
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(async () => {
  await telephony.close();
  await rm(folder, { recursive: true });
});

/** Has linphone offer and take these codecs only, from its next description on. */
function use(phone: Linphone, ...codecs: readonly AudioCodec[]): void {
  phone.command('audio-codec-disable ALL');
  for (const codec of codecs) phone.command(`audio-codec-enable ${names[codec]}`);
}

async function call(codecs: readonly AudioCodec[]) {
  const port = await testPort();
  const phone = await startLinphone(port);
  closing.push(() => phone.close());
  use(phone, ...codecs);
  const { answered, ended } = await directCall(telephony, number, port, { codecs: offered });
  const leg = await answered;
  await state(phone, 'LinphoneCallStreamsRunning');
  return { phone, leg, ended };
}

const state = (phone: Linphone, expected: string): Promise<void> =>
  vi.waitFor(
    () => {
      phone.command('call-status 1');
      expect(phone.latest(/State: (\w+)/g)).toBe(expected);
    },
    { timeout: 10_000, interval: 200 },
  );

async function press(phone: Linphone, keys: string): Promise<void> {
  for (const key of keys) {
    phone.command(`dtmf ${key}`);
    await delay(250);
  }
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
    const path = join(folder, `${codec}.wav`);
    // Long enough for the reports of both sides.
    await leg.record({ path, maxMs: 5_500, terminators: '', silenceMs: 0, trimSilence: false }, never);
    await leg.hangup();
    const { media } = await ended;
    expect(media).toMatchObject({ codec, clockRate: codec === 'opus' ? 48_000 : 8000, unagreed: 0, digits: 4 });
    expect(media.received).toBeGreaterThan(200);
    // What it says of our packets, at the clock of the codec: at another one this would be hundreds.
    expect(media.reportsReceived).toBeGreaterThan(0);
    expect(media.remoteLost).toBe(0);
    expect(media.remoteJitterMs).toBeLessThan(40);
    expect(media.jitterMs).toBeLessThan(40);
    expect(loudest(700, samplesOf(await readFile(path)))).toBeGreaterThan(0.2);
    expect(loudest(1000, samplesOf(await phone.heard()))).toBeGreaterThan(0.2);
  });

  it.each([
    ['PCMU', 'opus'],
    ['opus', 'G722'],
  ] as const)('changes from %s to %s in the middle of the call, with a new offer', async (before, after) => {
    const { phone, leg, ended } = await call([before]);
    use(phone, after);
    phone.command('call-pause 1');
    await state(phone, 'LinphoneCallPaused');
    phone.command('call-resume 1');
    await state(phone, 'LinphoneCallStreamsRunning');
    phone.command(`incall-player-start ${join(folder, 'tone.wav')} 1`);
    const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never);
    await press(phone, '4*2#');
    expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
    const path = join(folder, `${before}-${after}.wav`);
    await leg.record({ path, maxMs: 1_500, terminators: '', silenceMs: 0, trimSilence: false }, never);
    await leg.hangup();
    const { media } = await ended;
    expect(media).toMatchObject({ codec: after, unagreed: 0, digits: 4 });
    expect(media.jitterMs).toBeLessThan(40);
    expect(loudest(700, samplesOf(await readFile(path)))).toBeGreaterThan(0.2);
  });
});
