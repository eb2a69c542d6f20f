import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import { startBaresip } from '../support/baresip.ts';
import { directCall, directTelephony } from '../support/direct-call.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { startKamailio } from '../support/kamailio.ts';
import { startRtpEngine } from '../support/rtpengine.ts';

// The path that carriers and clusters have: we speak SRTP with a relay, which speaks RTP in clear with the phone behind it.

const number = '+18144043093';
const never = new AbortController().signal;
let telephony: Engine;
let folder = '';
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  telephony = await directTelephony();
  folder = await mkdtemp(join(tmpdir(), 'rtpengine-'));
}, 30_000);

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await telephony.close();
  await rm(folder, { recursive: true });
}, 30_000);

describe('rtpengine between us and a phone', () => {
  it('relays our SRTP as RTP, and the other way: audio, keys and reports', { timeout: 60_000 }, async () => {
    const relay = await startRtpEngine();
    closing.push(() => relay.stop());
    const phone = await startBaresip({ user: number, toneHz: 700 });
    closing.push(() => phone.close());
    const proxy = await startKamailio('relay.cfg', { CALLEE_PORT: phone.port, RELAY_PORT: relay.port });
    closing.push(() => proxy.stop());

    const call = await directCall(telephony, number, proxy.port, { srtp: 'required', codecs: ['PCMU'] });
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
    const path = join(folder, 'heard.wav');
    // Long enough for the reports of both sides.
    await leg.record({ path, maxMs: 6000, terminators: '', silenceMs: 0, trimSilence: false }, never);
    await leg.hangup();
    const { end, media } = await call.ended;
    expect(end.why).toBe('we-hung-up');
    expect(media).toMatchObject({ codec: 'PCMU', lost: 0, unauthentic: 0, unencrypted: 0, refused: 0, audible: true, digits: 4 });
    const [first, last] = relay.mediaPorts;
    expect(media.receivedFrom?.port).toBeGreaterThanOrEqual(first);
    expect(media.receivedFrom?.port).toBeLessThanOrEqual(last);
    expect(media.reportsReceived).toBeGreaterThan(0);

    expect(loudest(700, samplesOf(await readFile(path)))).toBeGreaterThan(0.3);
    expect(loudest(1000, samplesOf(await phone.heard()))).toBeGreaterThan(0.2);
    const log = await phone.log();
    expect([...log.matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key).join('')).toBe('79*D');
    expect(log).not.toContain('a=crypto');
    expect(telephony.liveLegs).toBe(0);
  });
});
