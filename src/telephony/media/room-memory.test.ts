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

  it.each([-1, 2, Number.NaN])('has no part %s for a room of two threads', (part) => {
    expect(() => new RoomMemory(newRoomMemory(2), part)).toThrow(RangeError);
  });
});
