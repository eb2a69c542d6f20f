import { describe, expect, it } from 'vitest';
import { FRAME_SAMPLES } from './frame-clock.ts';
import { newRoomMemory, RoomMemory } from './room-memory.ts';

describe('RoomMemory', () => {
  it('lets a thread that stood still go on with what was said last, not with what was said long ago', () => {
    const memory = newRoomMemory(2);
    const [writer, reader] = [new RoomMemory(memory, 0), new RoomMemory(memory, 1)];
    const heard: (number | undefined)[] = [];
    for (let frame = 1; frame <= 20; frame++) writer.publish(new Int32Array(FRAME_SAMPLES).fill(frame));
    for (let frame = 21; frame <= 23; frame++) {
      const total = new Int32Array(FRAME_SAMPLES);
      heard.push(reader.addOthers(total) ? total[0] : undefined);
      writer.publish(new Int32Array(FRAME_SAMPLES).fill(frame));
    }
    expect(heard).toEqual([19, 20, 21]);
  });

  it('lets a thread that comes later hear what is said from then on, and nothing of before', () => {
    const memory = newRoomMemory(2);
    const writer = new RoomMemory(memory, 0);
    for (let frame = 1; frame <= 3; frame++) writer.publish(new Int32Array(FRAME_SAMPLES).fill(frame));
    const reader = new RoomMemory(memory, 1);
    const total = new Int32Array(FRAME_SAMPLES);
    expect([reader.addOthers(total), total[0]]).toEqual([false, 0]);
    writer.publish(new Int32Array(FRAME_SAMPLES).fill(4));
    expect([reader.addOthers(total), total[0]]).toEqual([true, 4]);
  });

  it.each([-1, 2, Number.NaN])('has no part %s for a room of two threads', (part) => {
    expect(() => new RoomMemory(newRoomMemory(2), part)).toThrow(RangeError);
  });
});
