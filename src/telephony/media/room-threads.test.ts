import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { loudest, samplesOf } from '../../../test/support/heard-tones.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/log.ts';
import { systemRandom } from '../../kernel/random.ts';
import { makePrompt } from '../audio/make-prompt.ts';
import { tone } from '../audio/tone.ts';
import { openDgramSocket } from '../rtp/dgram-socket.ts';
import { LocalMedia } from './local-media.ts';
import type { AgreedMedia, AudioCodec } from './media-port.ts';
import { openMediaWorkers } from './worker-client.ts';

const HOST = '127.0.0.1';
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function towards(remote: AgreedMedia['remote'], codec: AudioCodec): AgreedMedia {
  return { remote, codec, payloadType: { PCMU: 0, PCMA: 8, G722: 9, opus: 111 }[codec], telephoneEvent: 101, direction: 'sendrecv' };
}

it('lets each of three callers hear the other two and not itself, in threads and codecs of their own', async () => {
  const first = 40_000 + (process.pid % 200) * 100;
  const host = { host: HOST, log: silentLogger };
  const media = await openMediaWorkers({ ...host, count: 3, portRange: { first, last: first + 59 } });
  closers.push(() => media.close());
  const portRange = { first: first + 60, last: first + 99 };
  const phones = new LocalMedia({
    ...host,
    clock: systemClock,
    random: systemRandom,
    portRange,
    openSocket: openDgramSocket,
    maxStreams: 10,
  });
  closers.push(() => phones.close());
  const folder = await mkdtemp(join(tmpdir(), 'room-threads-'));
  closers.push(() => rm(folder, { recursive: true }));

  const room = media.openRoom();
  const callers = [
    { hz: 500, codec: 'PCMU' },
    { hz: 1200, codec: 'G722' },
    { hz: 1900, codec: 'opus' },
  ] as const;
  const heard = await Promise.all(
    callers.map(async ({ hz, codec }) => {
      const [member, phone] = await Promise.all([media.open(), phones.open()]);
      member.start(towards(phone.local, codec));
      phone.start(towards(member.local, codec));
      member.joinRoom(room, false);
      const path = join(folder, `${hz}.wav`);
      const recorded = phone.record({ path, maxMs: 3000, terminators: '', silenceMs: 0, trimSilence: false }, never);
      void phone.play(makePrompt(tone(hz, 3500, -20)), { interruptible: false }, never).catch(() => undefined);
      await recorded;
      const sound = samplesOf(await readFile(path));
      return callers.map((other) => loudest(other.hz, sound));
    }),
  );
  // -20 dBov is a peak of 0.14 of full scale; a busy machine loses a little of it.
  heard.forEach((levels, listener) => {
    levels.forEach((level, speaker) => {
      if (speaker === listener) expect(level).toBeLessThan(0.03);
      else expect(level).toBeGreaterThan(0.05);
    });
  });
});
