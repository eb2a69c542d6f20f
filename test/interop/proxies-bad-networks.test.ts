import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { startBaresip } from '../support/baresip.ts';
import { directCall } from '../support/direct-call.ts';
import { loudest, samplesOf } from '../support/heard-tones.ts';
import { startKamailio } from '../support/kamailio.ts';
import { proxyOver } from '../support/kamailio-over-line.ts';
import { expectReplaysRefused, inTurn, overBadNetworks } from '../support/over-bad-networks.ts';
import { type RtpEngine, startRtpEngine } from '../support/rtpengine.ts';
import { heardByBaresip, holdAndResume, pressKeys } from '../support/talk-with-baresip.ts';

// Between us and the proxies; the phone is beside them.

const never = new AbortController().signal;
let folder = '';
let relay: RtpEngine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxies-bad-networks-'));
  relay = await startRtpEngine();
}, 30_000);

afterAll(async () => {
  await relay.stop();
  await rm(folder, { recursive: true });
});

overBadNetworks('Kamailio asks for a password and stays in the path of a call, which baresip holds and resumes', 46_400, async (scene) => {
  const { telephony, line, network, closing } = scene;
  const phone = await inTurn(() => startBaresip({ user: 'asked', jitterBuffer: network !== 'loses' }));
  closing(phone.close);
  const { proxy, at } = await proxyOver(scene, { first: phone.port, second: phone.port });
  const call = await directCall(telephony, 'asked', at, { userName: 'user', password: 'secret' });
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  if (network === 'rebinds') await line.rebindMedia();
  await heardByBaresip(leg, phone, 1500);
  await pressKeys(leg, phone);
  await holdAndResume(phone);
  await phone.command('hangup');
  const { end, media } = await call.ended;
  expect(end.why).toBe('callee-hung-up');
  expect(media).toMatchObject({ audible: true, digits: 4 });
  expect(await phone.log()).toMatch(new RegExp(`^(?:Route|Record-Route): <sip:127.0.0.1:${proxy.port}`, 'm'));
});

overBadNetworks('rtpengine relays our SRTP to baresip', 46_600, async ({ telephony, line, network, closing }) => {
  const phone = await inTurn(() => startBaresip({ user: '+18144043093', toneHz: 700, jitterBuffer: network !== 'loses' }));
  closing(phone.close);
  const proxy = await inTurn(() => startKamailio('relay.cfg', { CALLEE_PORT: phone.port, RELAY_PORT: relay.port }));
  closing(() => proxy.stop());
  const call = await directCall(telephony, '+18144043093', await line.farAt(proxy.port), { srtp: 'required', codecs: ['PCMU'] });
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  if (network === 'rebinds') await line.rebindMedia();
  await heardByBaresip(leg, phone, 1500);
  await pressKeys(leg, phone);
  const path = join(folder, `${network}.wav`);
  await leg.record({ path, maxMs: 1000, terminators: '', silenceMs: 0, trimSilence: false }, never);
  await leg.hangup();
  const { end, media } = await call.ended;
  expect(end.why).toBe('we-hung-up');
  expect(media).toMatchObject({ codec: 'PCMU', refused: 0, audible: true, digits: 4 });
  expectReplaysRefused(network, line, media);
  expect(loudest(700, samplesOf(await readFile(path)))).toBeGreaterThan(0.3);
  expect(await phone.log()).not.toContain('a=crypto');
});
