import { describe, expect, it } from 'vitest';
import { JitterBuffer, type NextAudio } from './jitter-buffer.ts';

const FRAME = new Uint8Array(160);

/** A buffer that holds a packet of 20 ms for each of these sequence numbers and frames, all come in time. */
function holding(packets: readonly { readonly sequence: number; readonly frame: number; readonly isNoise?: boolean }[]): JitterBuffer {
  const buffer = new JitterBuffer();
  for (const { sequence, frame, isNoise } of packets) buffer.put(FRAME, sequence, frame * 160, true, frame * 20, isNoise);
  return buffer;
}

/** Takes out so many. */
function takeOut(buffer: JitterBuffer, count: number): NextAudio[] {
  return Array.from({ length: count }, () => {
    const next = buffer.next();
    if (next.kind !== 'noise') buffer.advance(next.kind === 'packet' ? next.payload.length : next.samples);
    return next;
  });
}

describe('a gap between two packets', () => {
  it('is a pause over the wrap of the sequence too', () => {
    const buffer = holding([
      { sequence: 0xffff, frame: 0 },
      { sequence: 0, frame: 2 },
    ]);
    expect(takeOut(buffer, 3).map(({ kind }) => kind)).toEqual(['packet', 'pause', 'packet']);
  });

  it('is as long as it is, and not longer, when it is no whole frame', () => {
    const buffer = new JitterBuffer();
    buffer.put(FRAME, 1, 0, true, 0);
    buffer.put(FRAME, 3, 240, true, 30);
    expect(takeOut(buffer, 3)).toMatchObject([{ kind: 'packet' }, { kind: 'missing', samples: 80 }, { kind: 'packet', position: 240 }]);
  });

  it('is made up with the help of the packet right after it, and of no other', () => {
    const buffer = holding([
      { sequence: 1, frame: 0 },
      { sequence: 4, frame: 3 },
    ]);
    const [, first, second] = takeOut(buffer, 3);
    expect([first?.kind, second?.kind]).toEqual(['missing', 'missing']);
    expect(first && 'following' in first).toBe(false);
    expect(second && 'following' in second).toBe(true);
  });

  it('is not made up with the help of a packet that only tells of noise', () => {
    const buffer = holding([
      { sequence: 1, frame: 0 },
      { sequence: 3, frame: 2, isNoise: true },
    ]);
    const [, missing] = takeOut(buffer, 2);
    expect(missing?.kind).toBe('missing');
    expect(missing && 'following' in missing).toBe(false);
  });

  it('after noise is lost audio when the source has spoken again meanwhile', () => {
    const buffer = holding([
      { sequence: 1, frame: 0 },
      { sequence: 2, frame: 1, isNoise: true },
      { sequence: 4, frame: 3 },
    ]);
    expect(takeOut(buffer, 4).map(({ kind }) => kind)).toEqual(['packet', 'noise', 'missing', 'missing']);
  });
});

describe('a packet that is passed while a longer one is played', () => {
  it('is thrown away, since its time is over', () => {
    const buffer = new JitterBuffer();
    buffer.put(new Uint8Array(480), 1, 0, true, 0);
    buffer.put(FRAME, 2, 160, true, 20);
    buffer.put(FRAME, 3, 480, true, 60);
    takeOut(buffer, 1);
    expect([buffer.waiting, buffer.counts.discarded]).toEqual([1, 1]);
  });
});

describe('a buffer that begins anew', () => {
  it('counts no jump when nothing had come before', () => {
    const buffer = new JitterBuffer();
    buffer.restart();
    buffer.put(FRAME, 1, 0, true, 0);
    expect(buffer.counts.jumps).toBe(0);
    buffer.restart();
    expect(buffer.counts.jumps).toBe(1);
  });

  /** A buffer that has played what comes up to 90 ms late until 4 s. */
  function experienced(): JitterBuffer {
    const buffer = new JitterBuffer();
    const lateMs = (frame: number): number => (frame % 4 === 3 ? 90 : 0);
    for (let frame = 0, nowMs = 0; nowMs < 4000; nowMs += 10) {
      for (; frame * 20 + lateMs(frame) <= nowMs; frame++) buffer.put(FRAME, frame, frame * 160, true, nowMs);
      if (nowMs % 20 !== 0) continue;
      const plan = buffer.plan(nowMs, 0);
      if (plan === 'take') takeOut(buffer, 1);
      if (plan === 'skip') takeOut(buffer, 2);
    }
    return buffer;
  }

  it('holds back for as long as the network was found to need', () => {
    const buffer = experienced();
    buffer.restart();
    buffer.put(FRAME, 1, 9_000_000, true, 5000);
    expect(buffer.plan(5060, 0)).toBe('wait');
    expect(buffer.plan(5100, 0)).toBe('take');
  });

  it('holds back what is played from now on: at first a little, later as long as the network was found to need', () => {
    const fresh = new JitterBuffer();
    fresh.put(FRAME, 1, 0, true, 0);
    fresh.hold(100);
    expect([fresh.plan(139, 0), fresh.plan(140, 0)]).toEqual(['wait', 'take']);
    const buffer = experienced();
    buffer.hold(4000);
    expect(buffer.plan(4060, 0)).toBe('wait');
    expect(buffer.plan(4100, 0)).not.toBe('wait');
  });
});
