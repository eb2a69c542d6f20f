import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/database.ts';
import { type DriftingPeer, HeardFrames, speakByOwnClocks } from '../../../test/support/drifting-peers.ts';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';
import { channelsOf } from '../../../test/support/recorded-channels.ts';
import { seededRandom } from '../../kernel/random.ts';
import { newBridgeEnds } from './far-side.ts';
import { LocalMedia } from './local-media.ts';
import { newRoomMemory } from './room-memory.ts';
import type { StreamCore } from './stream-core.ts';

// Whole streams of 21 minutes whose peers have clocks that are 0.03 % slow and fast: 378 ms at the end, 19 frames.

const MINUTES = 21;
const DRIFT_FRAMES = 19;
const SAID_BY_SLOW = 62_982;
const SAID_BY_FAST = 63_019;
const SLOW_MS = 20.006;
const FAST_MS = 19.994;
/** Of a recording of two channels, in a second. */
const SECOND_BYTES = 32_000;
const TEST_MS = 120_000;

let path = '';
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stream-drift-'));
  path = join(folder, 'call.wav');
});
afterEach(() => rm(folder, { recursive: true }));

type Put = (one: StreamCore, two: StreamCore) => void;

/**
 * A call in mu-law with a slow peer, and one in A-law with a fast peer, put together in some way; the first is recorded. What each has heard of the
 * other, and what is in the recording.
 */
async function bothSpeak(put: Put, threads: 1 | 2) {
  const rig = new MediaRig();
  const { clock, network } = rig;
  const one = await rig.call({ codec: 'PCMU', payloadType: 0 });
  // The beat of another thread is not at the same moment.
  await clock.advance(107);
  const other = new LocalMedia({
    ...{ clock, random: seededRandom(7), host: '10.0.0.9', part: 1, maxStreams: 10 },
    ...{ portRange: { first: 30_000, last: 30_009 }, openSocket: (local) => network.datagramSocket(local) },
  });
  const two = { peer: rig.peer(), stream: await (threads === 2 ? other : rig.media).open() };
  two.stream.start(agreedWith(two.peer, { codec: 'PCMA', payloadType: 8 }));
  await clock.advance(100);
  put(one.stream, two.stream);
  await clock.advance(40);
  const recorded = one.stream.recordCall(path, 'stereo');
  one.peer.received.length = 0;
  two.peer.received.length = 0;
  const slow: DriftingPeer = { peer: one.peer, to: one.stream.local, codec: 'PCMU', frameMs: SLOW_MS };
  const fast: DriftingPeer = { peer: two.peer, to: two.stream.local, codec: 'PCMA', frameMs: FAST_MS };
  const startMs = clock.now();
  const [byOne, byTwo] = [new HeardFrames(startMs, fast), new HeardFrames(startMs, slow)];
  let seconds = 0;
  await speakByOwnClocks(clock, [slow, fast], MINUTES * 60_000, async () => {
    for (const { payload, atMs } of one.peer.received.splice(0)) byOne.hearPayload('PCMU', payload, atMs);
    for (const { payload, atMs } of two.peer.received.splice(0)) byTwo.hearPayload('PCMA', payload, atMs);
    // Files are written in real time.
    seconds++;
    await eventually(async () => (await stat(path)).size >= (seconds - 3) * SECOND_BYTES, TEST_MS);
  });
  one.stream.controlRecording('stop');
  await clock.advance(500);
  const { durationMs, lostMs } = await recorded;
  expect([durationMs, lostMs]).toEqual([MINUTES * 60_000, undefined]);
  const [left = new Int16Array(), right = new Int16Array()] = channelsOf(await readFile(path));
  const [sent, heard] = [new HeardFrames(startMs, fast), new HeardFrames(startMs, slow)];
  sent.hearRecording(left, startMs);
  heard.hearRecording(right, startMs);
  const buffers = [(await one.stream.close()).buffer, (await two.stream.close()).buffer];
  await rig.media.close();
  await other.close();
  await clock.advance(0);
  expect([clock.pendingTimers, rig.media.openStreams, other.openStreams, rig.media.openRooms]).toEqual([0, 0, 0, 0]);
  return { byOne, byTwo, recorded: { sent, heard }, buffers };
}

/** In each minute nothing is on its way for longer, or shorter, than that. */
function expectDelays({ delaysMs }: HeardFrames, leastMs: number, mostMs: number): void {
  expect(delaysMs).toHaveLength(MINUTES);
  expect(delaysMs.filter(([least, most]) => least < leastMs || most > mostMs)).toEqual([]);
}

/** Every frame is there once, none is made up, and none is farther from its time than that. */
function expectAll(heard: HeardFrames, said: number, offMs: number): void {
  expect([heard.added, heard.madeUp]).toEqual([0, 0]);
  // What comes in the last moment is not there yet.
  expect(said - 1 - heard.last).toBeLessThanOrEqual(3);
  expect(heard.silentMs).toBeLessThan(50);
  expectDelays(heard, -offMs, offMs);
}

const acrossThreads: Put = (one, two) => {
  const [here, there] = newBridgeEnds();
  one.bridgeAcross(here);
  two.bridgeAcross(there);
};
const inOneRoom: Put = (one, two) => {
  const room = { id: 1, memory: newRoomMemory(2) };
  one.joinRoom(room, false);
  two.joinRoom(room, false);
};

describe('two peers with clocks that are slow and fast', () => {
  it.each<[string, Put, 1 | 2]>([
    ['one thread', (one, two) => one.bridge(two), 1],
    ['two threads', acrossThreads, 2],
  ])(
    'hear all of each other at once over a bridge of two codecs in %s, and its recording has it all in time',
    async (_, put, threads) => {
      const { byOne, byTwo, recorded } = await bothSpeak(put, threads);
      expectAll(byOne, SAID_BY_FAST, 1);
      expectAll(byTwo, SAID_BY_SLOW, 1);
      expectAll(recorded.sent, SAID_BY_FAST, 45);
      expectAll(recorded.heard, SAID_BY_SLOW, 45);
    },
    TEST_MS,
  );

  it.each([
    ['one thread', 1, 60],
    ['two threads', 2, 80],
  ] as const)(
    'hear each other in a room of %s without a growing delay, and no more frames are repeated or left out than the clocks differ by',
    async (_, threads, mostMs) => {
      const { byOne, byTwo, recorded, buffers } = await bothSpeak(inOneRoom, threads);
      for (const heard of [byOne, byTwo]) {
        expectDelays(heard, 0, mostMs);
        expect(heard.madeUp).toBeLessThan(2 * DRIFT_FRAMES);
        expect(heard.silentMs).toBeLessThan(100);
      }
      expect(Math.abs(byOne.added + DRIFT_FRAMES)).toBeLessThan(5);
      expect(Math.abs(byTwo.added - DRIFT_FRAMES)).toBeLessThan(5);
      for (const buffer of buffers) expect((buffer?.repeated ?? 0) + (buffer?.skipped ?? 0)).toBeLessThan(DRIFT_FRAMES + 5);
      for (const heard of [recorded.sent, recorded.heard]) {
        expectDelays(heard, -45, mostMs + 20);
        expect(heard.silentMs).toBeLessThan(100);
      }
    },
    TEST_MS,
  );

  it(
    'are recorded whole, and in time, when nobody else hears them',
    async () => {
      const { recorded } = await bothSpeak(() => {}, 1);
      expectAll(recorded.heard, SAID_BY_SLOW, 45);
    },
    TEST_MS,
  );
});
