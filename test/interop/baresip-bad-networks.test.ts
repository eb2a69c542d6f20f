import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import type { AnsweredCall } from '../../src/telephony/port.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { directCall } from '../support/direct-call.ts';
import { hearing, loudest, samplesOf } from '../support/heard-tones.ts';
import { inTurn, overBadNetworks } from '../support/over-bad-networks.ts';

const number = '+18144043093';
const never = new AbortController().signal;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baresip-bad-networks-'));
});

afterAll(() => rm(folder, { recursive: true }));

const directionsOf = (log: string): string[] =>
  [...log.matchAll(/^a=(sendrecv|sendonly|recvonly)\r?$/gm)].map(([, direction]) => direction ?? '');

/** Says a tone again and again until baresip has heard it. */
async function heardOfUs(leg: AnsweredCall, phone: Baresip, hz: number): Promise<void> {
  const heard = new AbortController();
  const said = (async () => {
    while (!heard.signal.aborted) await leg.play(makePrompt(tone(hz, 500, -15)), { interruptible: false }, heard.signal);
  })().catch(() => {});
  await hearing(hz, phone).finally(() => heard.abort());
  await said;
}

overBadNetworks(
  'baresip with SRTP and Opus talks, presses keys, holds and resumes',
  46_000,
  async ({ telephony, line, network, closing }) => {
    const phone = await inTurn(() => startBaresip({ user: number, codecs: ['opus'], toneHz: 700, mediaEncryption: 'srtp-mand' }));
    closing(phone.close);
    const call = await directCall(telephony, number, await line.farAt(phone.port), { codecs: ['PCMU', 'opus'], srtp: 'required' });
    const leg = await call.answered;
    await heardOfUs(leg, phone, 1000);
    if (network === 'rebinds') await line.rebindMedia();
    // baresip keeps nothing of what it hears after a hold.
    await heardOfUs(leg, phone, 1500);
    await phone.command('hold');
    await vi.waitFor(async () => expect(directionsOf(await phone.log())).toContain('recvonly'), { timeout: 10_000 });
    await phone.command('resume');
    await vi.waitFor(async () => expect(directionsOf(await phone.log()).slice(-2)).toEqual(['sendrecv', 'sendrecv']), { timeout: 10_000 });
    const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never);
    for (const key of '4*2#') {
      await phone.command('sndcode', key);
      await delay(200);
    }
    expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
    await leg.sendDigits('79*D', never);
    const path = join(folder, `${network}.wav`);
    await leg.record({ path, maxMs: 1000, terminators: '', silenceMs: 0, trimSilence: false }, never);
    await leg.hangup();
    const { end, media } = await call.ended;
    expect(end.why).toBe('we-hung-up');
    expect(media).toMatchObject({ codec: 'opus', unagreed: 0, unencrypted: 0, audible: true, digits: 4 });
    // A packet that comes twice is a replay.
    expect(media.unauthentic).toBeLessThanOrEqual(line.media.doubled);
    if (network !== 'rebinds') expect(media.lost).toBeLessThanOrEqual(line.media.lost);
    expect(loudest(700, samplesOf(await readFile(path)))).toBeGreaterThan(0.3);
    const log = await phone.log();
    expect([...log.matchAll(/received event: '(.)' \(end=1\)/g)].map(([, key]) => key).join('')).toBe('79*D');
  },
);
