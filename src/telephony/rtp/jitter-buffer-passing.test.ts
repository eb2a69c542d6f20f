import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JitterBuffer, type PassingPackets } from './jitter-buffer.ts';

const FRAME = new Uint8Array(160);

/** Packets of 20 ms that came so late, the first at `firstMs`. */
function passing(firstMs: number, late: readonly number[], sequence: number): PassingPackets {
  return { packets: late.length, packetSamples: 160, firstMs, lateMs: (index) => late[index] ?? 0, sequence };
}

/** A buffer that has handed out the first packet, of timestamp 0, at 0 ms. */
function begun(): JitterBuffer {
  const buffer = new JitterBuffer();
  buffer.put(FRAME, 0, 0, true, 0);
  buffer.next();
  buffer.advance(160);
  return buffer;
}

/** One packet passes, the next. */
function passOne(buffer: JitterBuffer, frame: number, nowMs: number): void {
  expect(buffer.isNext(frame * 160, nowMs)).toBe(true);
  buffer.pass(passing(nowMs, [0], frame), frame * 160);
  buffer.advance(160);
}

/** What tells two buffers apart from outside. */
function seen(buffer: JitterBuffer, nowMs: number): unknown {
  buffer.look();
  return [buffer.position, buffer.waiting, buffer.arrivalMs(0), buffer.behindMs(nowMs), buffer.isDue(nowMs), buffer.counts];
}

describe('packets that pass a jitter buffer together', () => {
  it('leave it as if each had been put in and taken out', () => {
    const runs = fc.array(fc.array(fc.integer({ min: -40, max: 100 }), { minLength: 1, maxLength: 16 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(runs, (rounds) => {
        const [one, together] = [begun(), begun()];
        let number = 1;
        for (const lates of rounds) {
          const first = number;
          const firstMs = first * 20;
          const late = lates.map((each, index) => (index === 0 ? 0 : each));
          expect(together.isNext(first * 160, firstMs)).toBe(true);
          together.pass(passing(firstMs, late, first + late.length - 1), first * 160);
          together.advance(late.length * 160);
          for (const each of late) {
            one.put(FRAME, number, number * 160, true, number * 20 + each);
            expect(one.next().kind).toBe('packet');
            one.advance(160);
            number++;
          }
          expect(seen(together, number * 20)).toEqual(seen(one, number * 20));
        }
        // A gap in the time of a source, none in its sequence, is a pause after both.
        for (const buffer of [one, together]) buffer.put(FRAME, number, (number + 3) * 160, true, (number + 3) * 20);
        expect(together.next()).toEqual(one.next());
        expect(one.next().kind).toBe('pause');
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('begin with the one that is next in time, and not with one that comes a quarter of a second too early or late', () => {
    expect([160, 320, 0, 161].map((timestamp) => begun().isNext(timestamp, 20))).toEqual([true, false, false, false]);
    const late = [-209, -211, 289, 291].map((lateMs) => begun().isNext(160, 20 + lateMs));
    expect(late).toEqual(late.map((_, index) => index % 2 === 0));
    expect(new JitterBuffer().isNext(0, 0)).toBe(false);
  });

  it('end a pause', () => {
    const buffer = begun();
    buffer.pause();
    expect(buffer.next().kind).toBe('pause');
    passOne(buffer, 1, 20);
    expect(buffer.next().kind).toBe('missing');
  });

  it('make what came late before them, and the gap before them, count no more', () => {
    const [late, gap] = [begun(), begun()];
    const putLate = (buffer: JitterBuffer, nowMs: number): boolean => buffer.put(FRAME, nowMs, 0, true, nowMs);
    // Ten in a row, for 150 ms, are a jump; so is one after a gap of five frames.
    for (let nowMs = 40; nowMs < 160; nowMs += 20) expect(putLate(late, nowMs)).toBe(true);
    passOne(late, 1, 160);
    for (let nowMs = 180; nowMs < 300; nowMs += 20) expect(putLate(late, nowMs)).toBe(true);
    for (let frame = 0; frame < 5; frame++) {
      gap.next();
      gap.advance(160);
    }
    passOne(gap, 6, 120);
    expect(putLate(gap, 130)).toBe(true);
  });

  it('stay in step for days', () => {
    const buffer = begun();
    const daySamples = 24 * 3600 * 8000;
    for (let at = 160; at < 10 * daySamples; at += daySamples) {
      expect(buffer.isNext(at % 2 ** 32, at / 8)).toBe(true);
      buffer.pass({ ...passing(at / 8, [0, 0], 1), packetSamples: daySamples / 2 }, at % 2 ** 32);
      buffer.advance(daySamples);
    }
  });
});
