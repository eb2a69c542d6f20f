import { describe, expect, it } from 'vitest';
import { FrameNumbers } from './frame-numbers.ts';

const FRAME = 160;

/** Numbers for a source of G.711, and the frames that its packets make: their numbers and positions in frames. */
function scene() {
  const numbers = new FrameNumbers();
  let filled = 0;
  return {
    numbers,
    /** The newest packet: its number, its timestamp in frames, and its length in frames. */
    packet(sequence: number, frames: number, length = 1): [number, number][] {
      if (numbers.arrived(sequence & 0xffff, (frames * FRAME) >>> 0, 8000, length * FRAME, filled)) filled = 0;
      const made: [number, number][] = [];
      for (filled += length * FRAME; filled >= FRAME; filled -= FRAME) {
        made.push([numbers.sequence, numbers.position / FRAME]);
        numbers.made();
      }
      return made;
    },
    late: (sequence: number, length = 1) => numbers.lateSequence(sequence & 0xffff, length * FRAME),
  };
}

describe('numbers of frames made of packets', () => {
  it('have the losses of the source and the places of what comes late, over the wrap of both', () => {
    const { packet, late, numbers } = scene();
    const start = 0x1_0000_0000 / FRAME - 2;
    expect(packet(0xfffe, start)).toEqual([[0, 0]]);
    expect(packet(0xffff, start + 1)).toEqual([[1, 1]]);
    expect(packet(2, start + 4)).toEqual([[4, 4]]);
    expect([late(0), late(1), late(0xfffe), late(0xfffd)]).toEqual([2, 3, 0, undefined]);
    expect(numbers.latePosition((3 * FRAME - 2 * FRAME) >>> 0, 8000)).toBe(3 * FRAME);
    expect(packet(3, start + 5)).toEqual([[5, 5]]);
  });

  it('have no place for what is not one frame, or came before something that was not', () => {
    const { packet, late } = scene();
    packet(10, 0);
    packet(12, 2);
    expect(late(11, 2)).toBeUndefined();
    expect(packet(13, 3, 2).map(([number]) => number)).toEqual([3, 4]);
    expect([late(11), late(12)]).toEqual([undefined, undefined]);
    expect(packet(15, 6)).toEqual([[6, 6]]);
    expect([late(14), late(13), late(12)]).toEqual([5, undefined, undefined]);
  });

  it('have no place from before a packet that is no audio, nor from before a pause in which some was lost', () => {
    const { packet, late, numbers } = scene();
    packet(10, 0);
    packet(12, 2);
    numbers.omit(13);
    expect(late(11)).toBeUndefined();
    expect(packet(14, 4)).toEqual([[3, 4]]);
    expect(packet(17, 6)).toEqual([[5, 6]]);
    expect([late(16), late(15)]).toEqual([undefined, undefined]);
  });

  it.each([
    ['numbers', 4000, 1],
    ['timestamps, forward', 11, 52],
    ['timestamps, back', 11, -52],
  ])('go on without a gap when %s of the source jump', (_, sequence, frames) => {
    const { packet, late } = scene();
    packet(10, 0);
    expect(packet(sequence, frames)).toEqual([[1, 1]]);
    expect(late(sequence - 1)).toBeUndefined();
    expect(packet(sequence + 1, frames + 1)).toEqual([[2, 2]]);
  });

  it('follow a pause of a second at the most', () => {
    const { packet } = scene();
    packet(10, 0);
    expect(packet(11, 51)).toEqual([[1, 51]]);
    expect(packet(12, 103)).toEqual([[2, 52]]);
  });

  it('go on without a gap after the source has begun anew', () => {
    const { packet, late, numbers } = scene();
    packet(10, 0);
    packet(12, 2);
    numbers.restart();
    expect(late(11)).toBeUndefined();
    expect(packet(20, 30)).toEqual([[3, 3]]);
  });
});
