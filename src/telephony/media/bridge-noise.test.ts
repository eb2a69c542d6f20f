import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';
import { agreedWith, countingPrompt, type ReceivedPacket } from '../../../test/support/media-rig.ts';
import { newDecoder } from '../audio/codec.ts';
import { MAX_PACKET_SAMPLES } from '../audio/codec-interface.ts';
import { newBridgeEnds } from './far-side.ts';
import type { AudioCodec } from './media-port.ts';
import type { StreamCore } from './stream-core.ts';

const never = new AbortController().signal;
const COMFORT_NOISE = 13;
const LEVEL = 40;
const payloadTypes: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 };

/** Two calls that are bridged, the right one in `codec`; the left side suppresses its silence. */
async function bridged(codec: AudioCodec, join?: (one: StreamCore, two: StreamCore) => void) {
  const { rig, one, two } = await bridgedCalls({}, { codec, payloadType: payloadTypes[codec] }, join);
  const decoder = newDecoder(codec);
  const samples = new Int16Array(MAX_PACKET_SAMPLES);
  return {
    rig,
    one,
    two,
    /** Says that a pause begins, with noise of so many dB below overload. */
    pause: (level = LEVEL) => {
      one.peer.sendRaw(one.stream.local, COMFORT_NOISE, one.peer.sequence++, one.peer.timestamp, Uint8Array.of(level));
    },
    /** What the right side hears of the next `durationMs`, all of it as loud, in dB below overload. */
    heard: async (durationMs: number): Promise<number[]> => {
      two.peer.received.length = 0;
      await rig.clock.advance(durationMs);
      one.peer.timestamp += durationMs * 8;
      return two.peer.received.map(({ payload }: ReceivedPacket) => {
        const length = decoder.decode(payload, samples);
        const power = samples.subarray(0, length).reduce((sum, sample) => sum + sample * sample, 0) / length;
        return power < 400 ? Number.POSITIVE_INFINITY : Math.round(-10 * Math.log10(power / 32_768 ** 2));
      });
    },
    left: async () => {
      decoder.close();
      await nothingLeftOf(rig);
    },
  };
}

const across = (one: StreamCore, two: StreamCore): void => {
  const [here, there] = newBridgeEnds();
  one.bridgeAcross(here);
  two.bridgeAcross(there);
};
const silence = (frames: number): number[] => Array(frames).fill(Number.POSITIVE_INFINITY);

describe('the pauses of a source that suppresses silence', () => {
  it.each<[string, AudioCodec, ((one: StreamCore, two: StreamCore) => void)?]>([
    ['of the same codec', 'PCMU'],
    ['of another codec', 'PCMA'],
    ['of wide band', 'G722'],
    ['of Opus', 'opus'],
    ['of another thread', 'PCMU', across],
    ['of another codec in another thread', 'PCMA', across],
  ])('are heard with their noise by the other side of a bridge, %s', async (_, codec, join) => {
    const { one, pause, heard, left } = await bridged(codec, join);
    await one.peer.speak(one.stream.local, 200, 0x20);
    pause();
    // The first frames of the pause are waited for.
    await heard(200);
    const levels = await heard(600);
    expect(levels).toHaveLength(30);
    // Opus is made for speech, and keeps less of noise.
    for (const level of levels) expect(Math.abs(level - LEVEL)).toBeLessThanOrEqual(codec === 'opus' ? 8 : 2);
    await one.peer.speak(one.stream.local, 200, 0x20);
    // Nobody has said that there is noise in this pause.
    await heard(160);
    expect(await heard(200)).toEqual(silence(10));
    await left();
  });

  it.each<[string, (world: Awaited<ReturnType<typeof bridged>>) => Promise<void> | void]>([
    ['the bridge ends', ({ one }) => one.stream.unbridge()],
    [
      'another source speaks for the peer',
      async ({ one }) => {
        one.peer.ssrc++;
        await one.peer.speak(one.stream.local, 20, 0xff);
      },
    ],
    ['the peer is on hold', ({ one }) => one.stream.start(agreedWith(one.peer, { direction: 'sendonly' }))],
    ['the peer says that there is none', ({ pause }) => pause(127)],
  ])('have no noise any more when %s', async (_, happens) => {
    const world = await bridged('PCMU');
    await world.one.peer.speak(world.one.stream.local, 200, 0x20);
    world.pause();
    await world.heard(300);
    await happens(world);
    await world.heard(160);
    expect(await world.heard(100)).toEqual(silence(5));
    await world.left();
  });

  it('let a prompt be heard, and go on after it', async () => {
    const { one, two, pause, heard, left } = await bridged('PCMU');
    await one.peer.speak(one.stream.local, 200, 0x20);
    pause();
    await heard(200);
    const played = two.stream.play(countingPrompt('x', 320), { interruptible: false }, never);
    const levels = await heard(100);
    await played;
    expect(levels.map((level) => Math.abs(level - LEVEL) <= 2)).toEqual([false, false, true, true, true]);
    await left();
  });
});
