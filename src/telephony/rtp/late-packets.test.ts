import { describe, expect, it } from 'vitest';
import { JitterBuffer } from './jitter-buffer.ts';

const FRAME = new Uint8Array(160);

/** A buffer that plays a frame every 20 ms from 40 ms on, and what comes in is stamped by. */
function playing() {
  const buffer = new JitterBuffer();
  let nowMs = 0;
  let sequence = 0;
  /** A packet of this frame comes now. Answers whether the buffer goes on as before. */
  const put = (frame: number): boolean => buffer.put(FRAME, sequence++, frame * 160, true, nowMs);
  /** So many frames are played. */
  const play = (frames: number): void => {
    for (let count = 0; count < frames; count++) {
      nowMs += 20;
      if (buffer.plan(nowMs, 0) !== 'take') continue;
      const next = buffer.next();
      buffer.advance(next.kind === 'noise' ? 0 : 160);
    }
  };
  const speak = (from: number, to: number): void => {
    for (let frame = from; frame < to; frame++) {
      expect(put(frame)).toBe(true);
      play(1);
    }
  };
  return { buffer, put, play, speak };
}

describe('packets that come too late', () => {
  it('in a burst change nothing: the way has not become longer for good', () => {
    const { buffer, put, play, speak } = playing();
    speak(0, 50);
    // They were held up for 100 ms, and come all at once with those that are in time.
    play(4);
    const goesOn = Array.from({ length: 15 }, () => put(48));
    expect(goesOn).toEqual(goesOn.map(() => true));
    expect(buffer.counts).toMatchObject({ tooLate: 15, jumps: 0 });
  });

  it('now and then change nothing either', () => {
    const { buffer, put, speak } = playing();
    speak(0, 50);
    for (let frame = 50; frame < 250; frame += 10) {
      speak(frame, frame + 10);
      expect(put(frame - 5)).toBe(true);
    }
    expect(buffer.counts).toMatchObject({ tooLate: 20, jumps: 0 });
  });

  it('are counted, and not played', () => {
    const { buffer, put, speak } = playing();
    speak(0, 50);
    const before = buffer.waiting;
    expect(put(40)).toBe(true);
    expect([buffer.waiting, buffer.counts.tooLate]).toEqual([before, 1]);
  });

  it('after a gap say anew what time it is', () => {
    const { put, play, speak } = playing();
    speak(0, 50);
    play(10);
    expect(put(51)).toBe(false);
  });

  it('are too few to show a longer way when they are long ones', () => {
    const { buffer, put, play, speak } = playing();
    speak(0, 50);
    // Enough to play meanwhile, so that there is no gap.
    for (let frame = 50; frame < 62; frame++) put(frame);
    const goesOn = [40, 41, 42, 43].map((frame) => {
      const taken = put(frame);
      play(3);
      return taken;
    });
    expect(goesOn).toEqual([true, true, true, true]);
    expect(buffer.counts).toMatchObject({ tooLate: 4, jumps: 0 });
  });
});

describe('what waits', () => {
  it('is one packet for each moment: another of the same timestamp is thrown away', () => {
    const buffer = new JitterBuffer();
    for (const sequence of [1, 2, 3]) buffer.put(FRAME, sequence, 0, true, 0);
    expect([buffer.waiting, buffer.counts.discarded]).toEqual([1, 2]);
  });

  it('has a limit, however short packets are', () => {
    const buffer = new JitterBuffer();
    for (let number = 0; number < 300; number++) expect(buffer.put(new Uint8Array(1), number, number * 8, true, 0)).toBe(true);
    expect([buffer.waiting, buffer.counts.discarded]).toEqual([64, 236]);
  });
});
