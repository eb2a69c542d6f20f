import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { momentsOf, samplesOf } from '../../../test/support/heard-tones.ts';
import { peakAt } from '../../../test/support/sound.ts';
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
/** -20 dBov is a peak of 0.14 of full scale; what has a gap or a jump in it is less. */
const CLEAN_LEVEL = 0.12;
const CLEAN_MOMENTS = 3;
const MOST_ROUNDS = 30;
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
  const ends = await Promise.all(
    callers.map(async ({ hz, codec }) => {
      const [member, phone] = await Promise.all([media.open(), phones.open()]);
      member.start(towards(phone.local, codec));
      phone.start(towards(member.local, codec));
      member.joinRoom(room, false);
      void phone.play(makePrompt(tone(hz, 60_000, -20)), { interruptible: false }, never).catch(() => undefined);
      return { hz, phone, clean: 0 };
    }),
  );
  // On a busy machine sound is lost, and what is left around a gap has all frequencies: only clean moments count, for which we wait.
  for (let round = 0; round < MOST_ROUNDS && ends.some(({ clean }) => clean < CLEAN_MOMENTS); round++) {
    await Promise.all(
      ends.map(async (end) => {
        const path = join(folder, `${end.hz}-${round}.wav`);
        await end.phone.record({ path, maxMs: 1500, terminators: '', silenceMs: 0, trimSilence: false }, never);
        const others = callers.filter(({ hz }) => hz !== end.hz);
        for (const moment of momentsOf(samplesOf(await readFile(path)))) {
          const levels = others.map(({ hz }) => peakAt(hz, moment.rate, moment.samples));
          if (Math.min(...levels) < CLEAN_LEVEL) continue;
          end.clean++;
          expect(peakAt(end.hz, moment.rate, moment.samples)).toBeLessThan(0.03);
        }
      }),
    );
  }
  for (const { clean } of ends) expect(clean).toBeGreaterThanOrEqual(CLEAN_MOMENTS);
}, 90_000);
