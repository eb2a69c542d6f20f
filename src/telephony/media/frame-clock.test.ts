import { describe, expect, it } from 'vitest';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { FrameClock, type FrameSource } from './frame-clock.ts';

/** A source that notes what is asked of it. */
function noting(clock: { now(): number }): FrameSource & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    frame: (lateMs) => log.push(`${clock.now()}${lateMs > 0 ? ` late ${lateMs}` : ''}`),
    skip: (frames) => log.push(`skip ${frames}`),
  };
}

/** A clock whose timers can be held up, as a busy event loop holds them up. */
class HeldClock implements Clock {
  timeMs = 0;
  timers: { atMs: number; run: () => void }[] = [];

  now(): number {
    return this.timeMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.timeMs + delayMs, run };
    this.timers.push(timer);
    return {
      cancel: () => {
        this.timers = this.timers.filter((each) => each !== timer);
      },
    };
  }

  /** Lets nothing run until `timeMs`, then everything that was due. */
  holdUntil(timeMs: number): void {
    this.timeMs = timeMs;
    const due = this.timers.filter((timer) => timer.atMs <= timeMs);
    this.timers = this.timers.filter((timer) => timer.atMs > timeMs);
    for (const timer of due) timer.run();
  }
}

describe('FrameClock', () => {
  it('keeps an absolute schedule: a late tick does not move the next one', () => {
    const clock = new HeldClock();
    const source = noting(clock);
    new FrameClock(clock).add(source);
    for (const atMs of [20, 47, 60, 80]) clock.holdUntil(atMs);
    expect(source.log).toEqual(['20', '47 late 7', '60', '80']);
  });

  it('catches up two frames after a stall and skips the rest', () => {
    const clock = new HeldClock();
    const source = noting(clock);
    new FrameClock(clock).add(source);
    clock.holdUntil(20);
    clock.holdUntil(85);
    expect(source.log.splice(0)).toEqual(['20', '85 late 45', '85 late 25', '85 late 5']);
    clock.holdUntil(345);
    expect(source.log.splice(0)).toEqual(['skip 10', '345 late 45', '345 late 25', '345 late 5']);
    clock.holdUntil(360);
    expect(source.log).toEqual(['360']);
  });

  it('takes a timer that fires a little early, and then still serves a new stream in time', () => {
    const clock = new HeldClock();
    const [one, two] = [noting(clock), noting(clock)];
    const frames = new FrameClock(clock);
    frames.add(one);
    clock.timeMs = 19.5;
    for (const timer of clock.timers.splice(0)) timer.run();
    expect(one.log).toEqual(['19.5']);
    frames.add(two);
    for (const atMs of [30, 40, 50]) clock.holdUntil(atMs);
    expect([one.log, two.log]).toEqual([
      ['19.5', '40'],
      ['30', '50'],
    ]);
  });

  it('serves streams that begin at different times on few timers', async () => {
    const clock = new VirtualClock(0);
    const frames = new FrameClock(clock);
    const sources = [0, 3, 9, 9, 16].map((delayMs) => {
      const source = noting(clock);
      clock.after(delayMs, () => frames.add(source));
      return source;
    });
    await clock.advance(70);
    expect(sources.map((source) => source.log.join(' '))).toEqual(['20 40 60', '20 40 60', '20 40 60', '20 40 60', '30 50 70']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('turns the timer off with the last stream and on with the next', async () => {
    const clock = new VirtualClock(0);
    const frames = new FrameClock(clock);
    const source = noting(clock);
    frames.add(source);
    await clock.advance(20);
    frames.remove(source);
    frames.remove(source);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(100);
    frames.add(source);
    await clock.advance(20);
    expect(source.log).toEqual(['20', '140']);
  });

  it('bears that streams remove themselves, and others, while they are served', async () => {
    const clock = new VirtualClock(0);
    const frames = new FrameClock(clock);
    const served: number[] = [];
    const leavers = new Map<number, readonly number[]>([
      [0, [0]],
      [2, [2]],
      [4, [4]],
      [5, [1]],
    ]);
    const sources: FrameSource[] = [];
    for (let number = 0; number < 6; number++) {
      sources.push({
        frame: () => {
          served.push(number);
          for (const leaver of sources.filter((_, index) => leavers.get(number)?.includes(index))) frames.remove(leaver);
        },
        skip: () => {},
      });
    }
    for (const source of sources) frames.add(source);
    await clock.advance(20);
    expect(served.splice(0).sort()).toEqual([0, 2, 3, 4, 5]);
    await clock.advance(20);
    expect(served.sort()).toEqual([3, 5]);
  });
});
