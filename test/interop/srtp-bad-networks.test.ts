import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePrompt } from '../../src/telephony/audio/make-prompt.ts';
import { tone } from '../../src/telephony/audio/tone.ts';
import { badLine } from '../support/bad-line.ts';
import { badStream } from '../support/bad-stream.ts';
import { startBaresip } from '../support/baresip.ts';
import { TestAuthority } from '../support/certificates.ts';
import { countedTelephony, nothingLeft } from '../support/counted-telephony.ts';
import { type DirectCall, directCall } from '../support/direct-call.ts';
import { hearing, loudest, samplesOf } from '../support/heard-tones.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { inTurn, type LineScene, overBadNetworks } from '../support/over-bad-networks.ts';
import { suiteRelay } from '../support/suite-relay.ts';
import { heardByBaresip, pressKeys } from '../support/talk-with-baresip.ts';
import { testPort } from '../support/test-port.ts';

const number = '+18144043093';
const PHONE_HZ = 700;
const OUR_HZ = 1000;
const FIRST_PORT = 48_000;
const never = new AbortController().signal;
const authority = new TestAuthority();
const [ours, theirs] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:phone.example')];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'srtp-bad-networks-'));
});

afterAll(async () => {
  authority.remove();
  await rm(folder, { recursive: true });
});

/** Calls a phone through the network and then through a relay that leaves one suite. */
async function calling({ telephony, line, closing }: LineScene, suite: string, phonePort: number) {
  const relay = await suiteRelay(suite, phonePort);
  closing(async () => relay.close());
  // Known to the network before the phone says that it is there.
  await line.farAt(phonePort);
  const call = await directCall(telephony, number, await line.farAt(relay.port), { srtp: 'required', codecs: ['PCMU'] });
  return { call, leg: await call.answered, answered: relay.answered };
}

/** We hear the phone, hang up, and have taken nothing in clear, and a packet that comes twice once. */
async function expectHeard(call: DirectCall, network: string, doubled: () => number): Promise<void> {
  const path = join(folder, `${network}.wav`);
  const leg = await call.answered;
  await leg.record({ path, maxMs: 1500, terminators: '', silenceMs: 0, trimSilence: false }, never);
  await leg.hangup();
  const { end, media } = await call.ended;
  expect(end.why).toBe('we-hung-up');
  expect(media).toMatchObject({ codec: 'PCMU', unencrypted: 0, unagreed: 0, audible: true });
  // linphone repeats the end of each key with the same sequence number.
  expect(media.unauthentic).toBeLessThanOrEqual(doubled() + 10);
  expect(loudest(PHONE_HZ, samplesOf(await readFile(path)))).toBeGreaterThan(0.2);
}

overBadNetworks('linphone with AES_256_CM_HMAC_SHA1_80 hears, is heard and presses keys', FIRST_PORT, async (scene) => {
  const suite = 'AES_256_CM_HMAC_SHA1_80';
  const { phone, port } = await inTurn(async () => {
    const free = await testPort();
    const sip = ['media_encryption=srtp', 'media_encryption_mandatory=0'];
    return { port: free, phone: await startLinphoneConsole({ sipPort: free, toneHz: PHONE_HZ, codecs: ['PCMU'], sip }) };
  });
  scene.closing(phone.close);
  const { call, leg, answered } = await calling(scene, suite, port);
  await phone.seen('Media streams established');
  await leg.play(makePrompt(tone(OUR_HZ, 1000, -15)), { interruptible: false }, never);
  await hearing(OUR_HZ, phone, 0.2);
  if (scene.network === 'rebinds') await scene.line.rebindMedia();
  // A key may be lost with the packets before the new port is believed.
  await delay(1000);
  const collected = leg.collect({ max: 3, terminators: '', firstMs: 10_000, betweenMs: 10_000 }, never);
  for (const key of '4*2') {
    phone.press(key);
    await delay(300);
  }
  expect(await collected).toMatchObject({ digits: '4*2' });
  await expectHeard(call, `linphone-${scene.network}`, () => scene.line.media.doubled);
  expect([...answered]).toEqual([suite]);
});

overBadNetworks('baresip with AES_CM_128_HMAC_SHA1_32 hears, is heard and presses keys', FIRST_PORT + 200, async (scene) => {
  const suite = 'AES_CM_128_HMAC_SHA1_32';
  const phone = await inTurn(() =>
    startBaresip({ user: number, toneHz: PHONE_HZ, mediaEncryption: 'srtp-mand', jitterBuffer: scene.network !== 'loses' }),
  );
  scene.closing(phone.close);
  const { call, leg, answered } = await calling(scene, suite, phone.port);
  await heardByBaresip(leg, phone, OUR_HZ);
  if (scene.network === 'rebinds') await scene.line.rebindMedia();
  await heardByBaresip(leg, phone, 1500);
  await pressKeys(leg, phone);
  await expectHeard(call, `baresip-${scene.network}`, () => scene.line.media.doubled);
  expect([...answered]).toEqual([suite]);
});

const throughTls = ['loses', 'doubles', 'delays', 'reorders'] as const;
it.concurrent.each(throughTls.map((network, index) => [network, index] as const))(
  'baresip over TLS with SRTP hears, is heard and presses keys, over a network that %s',
  { timeout: 60_000 },
  async (network, index) => {
    const first = FIRST_PORT + 400 + 40 * index;
    const telephony = await countedTelephony({ first, last: first + 39 }, { streams: { identity: ours, ca: authority.ca } });
    const line = badLine(network, index + 61);
    const stream = await badStream({ nearPort: telephony.tlsPort, tls: ours, media: line });
    const closing: (() => Promise<void>)[] = [telephony.close, line.close.bind(line)];
    try {
      const tls = { ...theirs, caFile: authority.caFile };
      const phone = await inTurn(() =>
        startBaresip({ user: number, toneHz: PHONE_HZ, mediaEncryption: 'srtp-mand', tls, jitterBuffer: network !== 'loses' }),
      );
      closing.push(phone.close);
      stream.setFar(phone.tlsPort);
      const call = await directCall(telephony.telephony, number, stream.forNear.port, {
        transport: 'tls',
        srtp: 'required',
        codecs: ['PCMU'],
      });
      const leg = await call.answered;
      await heardByBaresip(leg, phone, OUR_HZ);
      await pressKeys(leg, phone);
      await expectHeard(call, `tls-${network}`, () => line.media.doubled);
      const { passed, lost, doubled, delayed } = line.media;
      expect(passed).toBeGreaterThan(100);
      expect({ loses: lost, doubles: doubled, delays: delayed, reorders: delayed }[network]).toBeGreaterThan(0);
      expect(await phone.log()).not.toMatch(/^Via: SIP\/2\.0\/(?:UDP|TCP) /m);
      // A connection that nothing has ended is kept, with its timers, for the next call.
      await stream.close();
      expect(await telephony.leftovers()).toEqual(nothingLeft);
    } finally {
      await stream.close();
      for (const close of closing.reverse()) await close();
    }
  },
);
