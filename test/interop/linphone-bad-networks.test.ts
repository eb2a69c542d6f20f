import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { directCall } from '../support/direct-call.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { inTurn, overBadNetworks } from '../support/over-bad-networks.ts';
import { buildWav, pcm16, sine } from '../support/sound.ts';
import { testPort } from '../support/test-port.ts';

const number = '+18144043093';
const never = new AbortController().signal;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'linphone-bad-networks-'));
  await writeFile(join(folder, 'tone.wav'), buildWav({ data: pcm16(sine(700, 8000, 20)) }));
});

afterAll(() => rm(folder, { recursive: true }));

const inState = (phone: Linphone, expected: string): Promise<void> =>
  vi.waitFor(
    () => {
      phone.command('call-status 1');
      expect(phone.latest(/State: (\w+)/g)).toBe(expected);
    },
    { timeout: 15_000, interval: 200 },
  );

overBadNetworks('linphone with G.722 talks, holds and resumes, and presses keys', 46_200, async ({ telephony, line, network, closing }) => {
  const { phone, port } = await inTurn(async () => {
    const free = await testPort();
    return { port: free, phone: await startLinphone(free) };
  });
  closing(phone.close);
  // In clear, where nothing but the order of its packets proves who a phone is that has another port.
  const isSecure = network !== 'rebinds';
  phone.command(`media-encryption ${isSecure ? 'srtp' : 'none'}`);
  phone.command('audio-codec-disable ALL');
  phone.command('audio-codec-enable G722/8000/1');
  await phone.seen(`Encryption: ${isSecure ? 'srtp' : 'none'}`);
  const srtp = isSecure ? 'required' : 'off';
  const call = await directCall(telephony, number, await line.farAt(port), { codecs: ['PCMU', 'G722'], srtp });
  const leg = await call.answered;
  await inState(phone, 'LinphoneCallStreamsRunning');
  phone.command('call-pause 1');
  await inState(phone, 'LinphoneCallPaused');
  phone.command('call-resume 1');
  await inState(phone, 'LinphoneCallStreamsRunning');
  // It has no microphone: without this it sends keys only.
  phone.command(`incall-player-start ${join(folder, 'tone.wav')} 1`);
  const record = (name: string) => {
    const path = join(folder, `${network}-${name}.wav`);
    return leg.record({ path, maxMs: 1500, terminators: '', silenceMs: 0, trimSilence: false }, never).then(() => readFile(path));
  };
  expect(loudest(700, samplesOf(await record('before')))).toBeGreaterThan(0.2);
  if (network === 'rebinds') await line.rebindMedia();
  expect(loudest(700, samplesOf(await record('after')))).toBeGreaterThan(0.2);
  const collected = leg.collect({ max: 5, terminators: '#', firstMs: 10_000, betweenMs: 10_000 }, never);
  for (const key of '4*2#') {
    phone.command(`dtmf ${key}`);
    await delay(250);
  }
  expect(await collected).toEqual({ digits: '4*2', why: 'terminator' });
  phone.command('terminate 1');
  const { end, media } = await call.ended;
  expect(end.why).toBe('callee-hung-up');
  expect(media).toMatchObject({ codec: 'G722', unagreed: 0, audible: true, digits: 4 });
});
