/**
 * `npm run capture-peers`: calls SIPp, baresip, linphone, and baresip behind Kamailio and rtpengine, and writes what came from each to
 * test/fixtures/peer-datagrams, to be seeds of the fuzz tests. Needs the peers, as `npm test` installs them; takes a minute.
 */
import { subscribe } from 'node:diagnostics_channel';
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock as clock } from '../src/kernel/clock.ts';
import { silentLogger } from '../src/kernel/log.ts';
import { systemRandom as random } from '../src/kernel/random.ts';
import { Engine } from '../src/telephony/engine.ts';
import { LocalMedia } from '../src/telephony/media/local-media.ts';
import type { AnsweredCall, DialRequest } from '../src/telephony/port.ts';
import { openDgramSocket } from '../src/telephony/rtp/dgram-socket.ts';
import { UserAgent } from '../src/telephony/sip/user-agent.ts';
import { openUdp } from '../src/wire/udp.ts';
import { startBaresip } from '../test/support/baresip.ts';
import { deferred } from '../test/support/deferred.ts';
import { dnsTable } from '../test/support/dns-table.ts';
import { startKamailio } from '../test/support/kamailio.ts';
import { startLinphone } from '../test/support/linphone.ts';
import { startRtpEngine } from '../test/support/rtpengine.ts';
import { sippCallee } from '../test/support/sipp.ts';
import { testPort } from '../test/support/test-port.ts';
import { CapturedDatagrams } from './captured-datagrams.ts';

const FOLDER = new URL('../test/fixtures/peer-datagrams/', import.meta.url);
const HOST = '127.0.0.1';
const NUMBER = '+18144043093';
const never = new AbortController().signal;
const codecs = ['opus', 'G722', 'PCMU', 'PCMA'] as const;
/** Longer than the peers wait with their first report (RFC 3550 section 6.2). */
const TALK_MS = 6000;
/** Longer than a peer takes to answer what ends the call. */
const LAST_WORDS_MS = 500;

const captured = new CapturedDatagrams();

// That of SIP; the peers have processes of their own.
subscribe('udp.socket', (message) => {
  const socket: unknown = Reflect.get(Object(message), 'socket');
  captured.watch(socket);
});

const media = new LocalMedia({
  clock,
  random,
  host: HOST,
  portRange: { first: 44_000, last: 44_099 },
  openSocket: async (local) => captured.watched(await openDgramSocket(local)),
  maxStreams: 10,
});
const wire = await openUdp({ local: { address: HOST, port: 0 }, log: silentLogger });
const userAgent = new UserAgent({ clock, random, log: silentLogger, wires: [wire], product: 'Ringflow' });
const telephony = new Engine({ clock, random, log: silentLogger, media, dns: dnsTable({}), userAgent });

type Trunk = Pick<DialRequest['trunk'], 'codecs' | 'srtp' | 'userName' | 'password'>;

/** Calls what is at the port, and hangs up when `talk` is over. */
async function call(port: number, trunk: Trunk, talk: (leg: AnsweredCall) => Promise<unknown>): Promise<void> {
  const slot = await telephony.reserve();
  const answered = deferred<AnsweredCall | undefined>();
  const ended = deferred<void>();
  const request = {
    legId: 'leg',
    to: NUMBER,
    from: '+18144043000',
    trunk: { host: HOST, port, transport: 'udp', codecs, ...trunk },
  } as const;
  slot.dial(
    { ...request, ringTimeoutMs: 20_000 },
    {
      sent() {},
      ringing() {},
      answered: answered.resolve,
      stateChanged() {},
      ended: () => {
        answered.resolve(undefined);
        ended.resolve();
      },
    },
  );
  const leg = await answered.promise;
  if (leg) {
    await talk(leg);
    await leg.hangup();
  }
  await ended.promise;
  await pause(LAST_WORDS_MS);
}

async function callSipp(): Promise<void> {
  for (const scenario of ['answer', 'early-media', 'busy', 'digest', 'reinvite-accepted', 'callee-bye']) {
    const sipp = await sippCallee(scenario, 'udp');
    await call(sipp.local.port, { userName: 'ringflow', password: 'secret' }, () => pause(1000));
    await sipp.stop();
  }
}

async function callBaresip(): Promise<void> {
  for (const options of [
    { codecs: ['opus'] },
    { codecs: ['g722'] },
    { codecs: ['g711'] },
    { codecs: ['g711'], mediaEncryption: 'srtp-mand' },
  ] as const) {
    const phone = await startBaresip({ user: NUMBER, ...options });
    await call(phone.port, 'mediaEncryption' in options ? { srtp: 'required' } : {}, async (leg) => {
      await pause(TALK_MS);
      for (const key of '4#') {
        await phone.command('sndcode', key);
        await pause(200);
      }
      await phone.command('hold');
      await pause(LAST_WORDS_MS);
      await phone.command('resume');
      await pause(LAST_WORDS_MS);
      await leg.sendDigits('7', never);
    });
    await phone.close();
  }
}

async function callLinphone(): Promise<void> {
  for (const name of ['opus/48000/2', 'G722/8000/1', 'PCMU/8000/1']) {
    const port = await testPort();
    const phone = await startLinphone(port);
    phone.command('audio-codec-disable ALL');
    phone.command(`audio-codec-enable ${name}`);
    await call(port, { srtp: 'optional' }, async () => {
      await pause(TALK_MS);
      phone.command('dtmf 4');
      await pause(LAST_WORDS_MS);
      phone.command('call-pause 1');
      await pause(LAST_WORDS_MS);
      phone.command('call-resume 1');
      await pause(LAST_WORDS_MS);
    });
    await phone.close();
  }
}

async function callThroughProxy(): Promise<void> {
  for (const srtp of ['off', 'required'] as const) {
    const relay = await startRtpEngine();
    const phone = await startBaresip({ user: NUMBER });
    const proxy = await startKamailio('relay.cfg', { CALLEE_PORT: phone.port, RELAY_PORT: relay.port });
    await call(proxy.port, { srtp, codecs: ['PCMU', 'PCMA'] }, () => pause(TALK_MS));
    for (const close of [() => proxy.stop(), () => phone.close(), () => relay.stop()]) await close();
  }
}

const peers = [
  { sip: 'sipp', media: 'sipp', run: callSipp },
  { sip: 'baresip', media: 'baresip', run: callBaresip },
  { sip: 'linphone', media: 'linphone', run: callLinphone },
  { sip: 'kamailio', media: 'rtpengine', run: callThroughProxy },
];

await mkdir(FOLDER, { recursive: true });
try {
  for (const { run, ...names } of peers) {
    captured.begin(names);
    await run();
  }
} finally {
  await telephony.close();
}
for (const [name, lines] of captured.files()) {
  await writeFile(new URL(`${name}.txt`, FOLDER), lines);
  process.stdout.write(`${name}: ${lines.trimEnd().split('\n').length} datagrams\n`);
}
