import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { samplesOf } from '../../../test/support/heard-tones.ts';
import { agreedWith, countingPrompt, MediaRig, type RtpPeer } from '../../../test/support/media-rig.ts';
import { encodeG711, silenceByte } from '../audio/g711.ts';
import type { AgreedMedia } from './media-port.ts';

const never = new AbortController().signal;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The code of a level in PCMU. */
function codeOf(level: number): number {
  const bytes = new Uint8Array(1);
  encodeG711('PCMU', Int16Array.of(level), bytes);
  return bytes[0] ?? 0;
}

const [HIGH, HIGHER, BOTH] = [codeOf(4000), codeOf(8000), codeOf(12_000)];

/** Calls that are up and in one room. */
async function roomOf(count: number, agreed: Partial<AgreedMedia> = {}) {
  const rig = new MediaRig({ ports: 20 });
  const room = rig.media.openRoom();
  const members = [];
  for (let index = 0; index < count; index++) members.push(await rig.call(agreed));
  await rig.clock.advance(30);
  for (const { stream } of members) stream.joinRoom(room, false);
  await rig.clock.advance(40);
  return { rig, room, members };
}

/** Each of them says a level, until `durationMs` are over; what was heard before that is forgotten. */
async function speak(
  rig: MediaRig,
  who: readonly [{ peer: RtpPeer; stream: { local: AgreedMedia['remote'] } }, number][],
  durationMs: number,
) {
  for (let spokenMs = 0; spokenMs < durationMs; spokenMs += 20) {
    for (const [{ peer, stream }, code] of who) peer.sendAudio(stream.local, code);
    await rig.clock.advance(20);
  }
}

/** The middle of the last frame that somebody was sent: the value itself, as the codec is the same. */
function heardLast({ peer }: { peer: RtpPeer }): number {
  return peer.received.at(-1)?.payload[80] ?? -1;
}

async function nothingLeft(rig: MediaRig): Promise<void> {
  await rig.media.close();
  await rig.clock.advance(0);
  expect([rig.clock.pendingTimers, rig.media.openStreams, rig.media.openRooms]).toEqual([0, 0, 0]);
}

describe('streams in a room', () => {
  it('hear all others and not themselves', async () => {
    const { rig, members } = await roomOf(3);
    const [one, two, three] = members;
    if (!one || !two || !three) throw new Error('no members');
    await speak(
      rig,
      [
        [one, HIGH],
        [two, HIGHER],
      ],
      300,
    );
    expect([one, two, three].map(heardLast)).toEqual([HIGHER, HIGH, BOTH]);
    await nothingLeft(rig);
  });

  it('are sent one source without a gap, before, in and after the room', async () => {
    const { rig, members } = await roomOf(2);
    const [one, two] = members;
    if (!one || !two) throw new Error('no members');
    await speak(rig, [[one, HIGH]], 200);
    two.stream.leaveRoom();
    await rig.clock.advance(200);
    const { received } = two.peer;
    expect(received.length).toBeGreaterThanOrEqual(20);
    received.slice(1).forEach(({ sequence, timestamp, ssrc, atMs }, index) => {
      const before = received[index];
      if (!before) throw new Error('no packet');
      expect((sequence - before.sequence) & 0xffff).toBe(1);
      expect((timestamp - before.timestamp) >>> 0).toBe(160);
      expect(ssrc).toBe(before.ssrc);
      expect(atMs - before.atMs).toBeLessThanOrEqual(40);
    });
    expect(received.at(-1)?.payload.every((code) => code === silenceByte.PCMU)).toBe(true);
    await nothingLeft(rig);
  });

  it('are heard again when they are muted no more', async () => {
    const { rig, members } = await roomOf(2);
    const [one, two] = members;
    if (!one || !two) throw new Error('no members');
    one.stream.muteInRoom(true);
    await speak(
      rig,
      [
        [one, HIGH],
        [two, HIGHER],
      ],
      200,
    );
    expect([heardLast(one), heardLast(two)]).toEqual([HIGHER, silenceByte.PCMU]);
    one.stream.muteInRoom(false);
    await speak(rig, [[one, HIGH]], 300);
    expect(heardLast(two)).toBe(HIGH);
    await nothingLeft(rig);
  });

  it('are played a prompt first, and still collect digits', async () => {
    const { rig, members } = await roomOf(2);
    const [one, two] = members;
    if (!one || !two) throw new Error('no members');
    await speak(rig, [[one, HIGH]], 200);
    two.peer.received.length = 0;
    const digits = two.stream.collect({ max: 1, terminators: '', firstMs: 5000, betweenMs: 5000 }, never);
    const played = two.stream.play(countingPrompt('a', 800), { interruptible: false }, never);
    await speak(rig, [[one, HIGH]], 200);
    expect(await played).toBe('finished');
    const codes = two.peer.received.map(({ payload }) => payload[80]);
    expect(codes.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    expect(codes.at(-1)).toBe(HIGH);
    await two.peer.press(two.stream.local, '7');
    expect(await digits).toMatchObject({ digits: '7' });
    await nothingLeft(rig);
  });

  it('leave a bridge for it, and the room for a bridge or another room', async () => {
    const { rig, room, members } = await roomOf(3);
    const [one, two, three] = members;
    if (!one || !two || !three) throw new Error('no members');
    one.stream.bridge(two.stream);
    await speak(
      rig,
      [
        [one, HIGH],
        [three, HIGHER],
      ],
      300,
    );
    expect([heardLast(one), heardLast(two), heardLast(three)]).toEqual([silenceByte.PCMU, HIGH, silenceByte.PCMU]);
    two.stream.joinRoom(room, false);
    await speak(
      rig,
      [
        [one, HIGH],
        [three, HIGHER],
      ],
      300,
    );
    expect([heardLast(one), heardLast(two)]).toEqual([silenceByte.PCMU, HIGHER]);
    two.stream.joinRoom(rig.media.openRoom(), false);
    await speak(rig, [[three, HIGHER]], 300);
    expect(heardLast(two)).toBe(silenceByte.PCMU);
    expect(rig.media.openRooms).toBe(2);
    await nothingLeft(rig);
  });

  it('are out of it, both, once they are joined with each other', async () => {
    const { rig, members } = await roomOf(3);
    const [one, two, three] = members;
    if (!one || !two || !three) throw new Error('no members');
    one.stream.bridge(two.stream);
    await speak(rig, [[two, HIGH]], 300);
    expect([heardLast(one), heardLast(three)]).toEqual([HIGH, silenceByte.PCMU]);
    three.stream.leaveRoom();
    expect(rig.media.openRooms).toBe(0);
    await nothingLeft(rig);
  });

  it('are not listened to while they are muted', async () => {
    const { rig, members } = await roomOf(2);
    const [one] = members;
    if (!one) throw new Error('no members');
    const isHeard = () => one.stream.hear(rig.clock.now()) !== undefined;
    expect(isHeard()).toBe(true);
    one.stream.muteInRoom(true);
    expect(isHeard()).toBe(false);
    one.stream.muteInRoom(false);
    expect(isHeard()).toBe(true);
    await nothingLeft(rig);
  });

  it('are recorded with what they hear and say', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'room-'));
    closers.push(() => rm(folder, { recursive: true }));
    const { rig, members } = await roomOf(2);
    const [one, two] = members;
    if (!one || !two) throw new Error('no members');
    const path = join(folder, 'both.wav');
    const recorded = two.stream.recordCall(path, 'mono');
    await speak(
      rig,
      [
        [one, codeOf(3000)],
        [two, codeOf(6000)],
      ],
      1000,
    );
    two.stream.controlRecording('stop');
    await speak(
      rig,
      [
        [one, HIGH],
        [two, HIGHER],
      ],
      100,
    );
    expect(heardLast(one)).toBe(HIGHER);
    await recorded;
    const { samples } = samplesOf(await readFile(path));
    expect(Math.max(...samples)).toBeCloseTo(9000 / 32_768, 1);
    await nothingLeft(rig);
  });

  it('are not started by it, cannot join when closed, and nothing is said on a line that may not be sent to', async () => {
    const { rig, room, members } = await roomOf(1);
    const [one] = members;
    if (!one) throw new Error('no member');
    const early = await rig.open();
    early.joinRoom(room, false);
    await speak(rig, [[one, HIGH]], 100);
    const peer = rig.peer();
    early.start({ ...agreedWith(peer), direction: 'recvonly' });
    await speak(rig, [[one, HIGH]], 100);
    expect(peer.received).toEqual([]);
    early.start(agreedWith(peer));
    await speak(rig, [[one, HIGH]], 100);
    expect([heardLast({ peer }), peer.received.length]).toEqual([HIGH, 5]);
    await early.close();
    expect(() => early.joinRoom(room, false)).toThrow();
    early.muteInRoom(false);
    early.leaveRoom();
    await nothingLeft(rig);
  });

  it.each(['before they begin', 'as they begin'])('have one beat, also when they leave it %s', async (when) => {
    const { rig, room } = await roomOf(1);
    const early = await rig.open();
    const peer = rig.peer();
    early.joinRoom(room, false);
    if (when === 'before they begin') early.leaveRoom();
    early.start(agreedWith(peer));
    early.leaveRoom();
    await rig.clock.advance(1000);
    expect(peer.received.length).toBeGreaterThanOrEqual(50);
    expect(peer.received.length).toBeLessThanOrEqual(51);
    await nothingLeft(rig);
  });

  it('are sent packets in order and leave nothing behind, however they come and go', async () => {
    const step = fc.record({
      kind: fc.constantFrom('join', 'other', 'leave', 'mute', 'unmute', 'bridge', 'close', 'prompt', 'digit', 'hold', 'resume'),
      who: fc.nat(3),
      with: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { rig, room, members } = await roomOf(4);
        const otherRoom = rig.media.openRoom();
        const closed = new Set<number>();
        for (const each of steps) {
          const [chosen, other] = [members[each.who], members[each.with]];
          if (!chosen || !other || closed.has(each.who) || closed.has(each.with)) continue;
          const { stream, peer } = chosen;
          if (each.kind === 'join') stream.joinRoom(room, false);
          else if (each.kind === 'other') stream.joinRoom(otherRoom, true);
          else if (each.kind === 'leave') stream.leaveRoom();
          else if (each.kind === 'mute' || each.kind === 'unmute') stream.muteInRoom(each.kind === 'mute');
          else if (each.kind === 'bridge' && other !== chosen) stream.bridge(other.stream);
          else if (each.kind === 'prompt') stream.play(countingPrompt('p', 480), { interruptible: true }, never).catch(() => undefined);
          else if (each.kind === 'digit') stream.sendDigits('1', never).catch(() => undefined);
          else if (each.kind === 'hold' || each.kind === 'resume')
            stream.start(agreedWith(peer, { direction: each.kind === 'hold' ? 'recvonly' : 'sendrecv' }));
          else if (each.kind === 'close') {
            closed.add(each.who);
            await stream.close();
          }
          await speak(
            rig,
            [
              [chosen, HIGH],
              [other, HIGHER],
            ],
            60,
          );
        }
        for (const { peer } of members) {
          peer.received.slice(1).forEach(({ sequence }, index) => {
            expect((sequence - (peer.received[index]?.sequence ?? 0)) & 0xffff).toBe(1);
          });
        }
        await nothingLeft(rig);
      }),
      { numRuns: 60, seed: 3 },
    );
  });
});
