import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711, type G711Codec } from '../audio/g711.ts';
import { FRAME_MS, FRAME_SAMPLES } from './frame-clock.ts';
import { audioBytes } from './player.ts';
import type { RoomMember, RoomStream } from './room-member.ts';
import { newRoomMemory, RoomMemory } from './room-memory.ts';
import { RoomPart } from './room-part.ts';

/** Someone who says one value all the time, and keeps the last frame that came. */
class Talker implements RoomStream {
  readonly part: number;
  readonly codec: G711Codec;
  member: RoomMember | undefined;
  level: number;
  /** What was sent last; undefined when that was silence. */
  sent: number | undefined;
  frames = 0;
  readonly #frame = audioBytes(new ArrayBuffer(FRAME_SAMPLES));

  constructor(part: number, codec: G711Codec, level: number) {
    this.part = part;
    this.codec = codec;
    this.level = level;
  }

  hear(): Int16Array {
    return new Int16Array(FRAME_SAMPLES).fill(this.level);
  }

  send(): void {
    this.frames++;
    this.sent = this.member?.fill(this.codec, 0, this.#frame) ? decoded(this.codec, this.#frame.bytes) : undefined;
  }

  skip(): void {}
}

function decoded(codec: G711Codec, bytes: Uint8Array): number {
  const samples = new Int16Array(bytes.length);
  decodeG711(codec, bytes, samples);
  expect(new Set(samples).size).toBe(1);
  return samples[0] ?? 0;
}

function carried(codec: G711Codec, sum: number): number {
  const bytes = new Uint8Array(1);
  encodeG711(codec, Int16Array.of(Math.max(-32_768, Math.min(32_767, sum))), bytes);
  const samples = new Int16Array(1);
  decodeG711(codec, bytes, samples);
  return samples[0] ?? 0;
}

/** A room that spans threads, whose beats follow each other. */
class Room {
  readonly parts: readonly RoomPart[];
  readonly talkers: Talker[] = [];
  #nowMs = 0;

  constructor(threads: number) {
    const memory = newRoomMemory(threads);
    this.parts = Array.from({ length: threads }, (_, index) => new RoomPart(new RoomMemory(memory, index)));
  }

  join(part: number, level: number, codec: G711Codec = 'PCMU', muted = false): Talker {
    const talker = new Talker(part, codec, level);
    talker.member = this.parts[part]?.add(talker, muted);
    this.talkers.push(talker);
    return talker;
  }

  leave(talker: Talker): void {
    if (talker.member) this.parts[talker.part]?.remove(talker.member);
    this.talkers.splice(this.talkers.indexOf(talker), 1);
  }

  beat(frames = 1): void {
    for (let frame = 0; frame < frames; frame++) {
      this.#nowMs += FRAME_MS;
      for (const part of this.parts) part.frame(0, this.#nowMs);
    }
  }

  /** What each has to hear: all who may speak, without itself. */
  expected(listener: Talker): number {
    const others = this.talkers.filter((other) => other !== listener && !other.member?.muted);
    return others.reduce((sum, { level }) => sum + level, 0);
  }
}

describe('a room', () => {
  it('lets each hear the sum of the others, and not itself', () => {
    const room = new Room(1);
    const talkers = [2000, 5000, -3000].map((level) => room.join(0, level));
    room.beat();
    expect(talkers.map(({ sent }) => sent)).toEqual([2000, -1000, 7000].map((sum) => carried('PCMU', sum)));
  });

  it('is silent to who is alone, or the only one to speak', () => {
    const room = new Room(2);
    const one = room.join(0, 9000);
    room.beat(3);
    expect(one.sent).toBeUndefined();
    room.join(1, 0);
    room.beat(3);
    expect(one.sent).toBeUndefined();
  });

  it('does not carry the noise of a line that nobody speaks on, and carries the end of a word', () => {
    const room = new Room(1);
    const noisy = room.join(0, 60);
    const listener = room.join(0, 0);
    room.beat(50);
    expect(listener.sent).toBeUndefined();
    noisy.level = 4000;
    room.beat();
    expect(listener.sent).toBe(carried('PCMU', 4000));
    noisy.level = 60;
    room.beat(10);
    expect(listener.sent).toBe(carried('PCMU', 60));
    room.beat(20);
    expect(listener.sent).toBeUndefined();
  });

  it('encodes anew for each codec', () => {
    const room = new Room(1);
    room.join(0, 7000);
    const [mu, a, muToo] = (['PCMU', 'PCMA', 'PCMU'] as const).map((codec) => room.join(0, 0, codec));
    room.beat();
    expect([mu?.sent, a?.sent, muToo?.sent]).toEqual([carried('PCMU', 7000), carried('PCMA', 7000), carried('PCMU', 7000)]);
  });

  it('is still whole after a thread stood still, and after a thread had no members for a while', () => {
    const room = new Room(2);
    const here = room.join(0, 3000);
    const there = room.join(1, 5000);
    room.beat(3);
    for (let frame = 0; frame < 20; frame++) room.parts[0]?.frame(0, frame);
    expect(here.sent).toBeUndefined();
    room.beat(3);
    expect([here.sent, there.sent]).toEqual([carried('PCMU', 5000), carried('PCMU', 3000)]);
  });

  it('catches up in silence, so that a thread which was late once does not stay behind', () => {
    const memory = newRoomMemory(2);
    const [writer, reader] = [new RoomMemory(memory, 0), new RoomMemory(memory, 1)];
    const frame = (value: number): Int32Array => new Int32Array(FRAME_SAMPLES).fill(value);
    const read = (): number | undefined => {
      const total = frame(0);
      return reader.addOthers(total) ? total[0] : undefined;
    };
    for (const value of [1, 2, 3]) writer.publish(frame(value));
    expect(read()).toBe(1);
    writer.publish(undefined);
    writer.publish(frame(5));
    expect([read(), read(), read(), read()]).toEqual([2, 3, undefined, 5]);
    for (const value of [6, undefined, undefined, 9] as const) writer.publish(value === undefined ? undefined : frame(value));
    expect([read(), read(), read()]).toEqual([6, undefined, 9]);
  });

  it('is right for whoever is in it, however they come, go, fall silent and are muted, in one thread or several', () => {
    const level = fc.oneof(fc.constant(0), fc.integer({ min: 1700, max: 32_767 }), fc.integer({ min: -32_768, max: -1700 }));
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('join' as const), part: fc.nat(2), level, a: fc.boolean(), muted: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.nat(20) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('say' as const), who: fc.nat(20), level }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('mute' as const), who: fc.nat(20), muted: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3), fc.array(step, { minLength: 1, maxLength: 40 }), (threads, steps) => {
        const room = new Room(threads);
        for (const each of steps) {
          const who = each.kind === 'join' ? undefined : room.talkers[each.who % Math.max(1, room.talkers.length)];
          if (each.kind === 'join') room.join(each.part % threads, each.level, each.a ? 'PCMA' : 'PCMU', each.muted);
          else if (who && each.kind === 'leave') room.leave(who);
          else if (who && each.kind === 'say') who.level = each.level;
          else if (who?.member && each.kind === 'mute') who.member.muted = each.muted;
          room.beat(4);
          for (const talker of room.talkers)
            expect(talker.sent ?? carried(talker.codec, 0)).toBe(carried(talker.codec, room.expected(talker)));
        }
        for (const talker of [...room.talkers]) room.leave(talker);
        expect(room.parts.every(({ isEmpty }) => isEmpty)).toBe(true);
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});
