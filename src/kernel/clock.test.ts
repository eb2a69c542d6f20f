import { describe, expect, it } from 'vitest';
import { sleep, systemClock } from './clock.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('systemClock', () => {
  it('tells the time of day and does not go backwards', () => {
    const first = systemClock.now();
    expect(Math.abs(first - Date.now())).toBeLessThan(1000);
    expect(systemClock.now()).toBeGreaterThanOrEqual(first);
  });

  it('does not run a timer that was cancelled', async () => {
    let ran = false;
    systemClock
      .after(0, () => {
        ran = true;
      })
      .cancel();
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
    expect(ran).toBe(false);
  });
});

describe('VirtualClock', () => {
  it('runs timers in the order of their times, then of their making', async () => {
    const clock = new VirtualClock(0);
    const order: string[] = [];
    clock.after(20, () => order.push('late'));
    clock.after(10, () => order.push('first'));
    clock.after(10, () => order.push('second'));
    clock.after(10, () => clock.after(5, () => order.push('nested at 15')));
    await clock.advance(30);
    expect(order).toEqual(['first', 'second', 'nested at 15', 'late']);
    expect(clock.now()).toBe(30);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops at the moment it is told to', async () => {
    const clock = new VirtualClock(0);
    let ran = false;
    clock.after(11, () => {
      ran = true;
    });
    await clock.advance(10);
    expect(ran).toBe(false);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(ran).toBe(true);
  });

  it('lets promise chains finish before the next timer', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    clock.after(1, () => {
      void Promise.resolve()
        .then(() => {})
        .then(() => seen.push(clock.now()));
    });
    clock.after(2, () => seen.push(clock.now()));
    await clock.advance(5);
    expect(seen).toEqual([1, 2]);
  });

  it('runs until a condition holds, and says when it never does', async () => {
    const clock = new VirtualClock(0);
    let ready = false;
    clock.after(1000, () => {
      ready = true;
    });
    expect(await clock.runUntil(() => ready, 500)).toBe(false);
    expect(await clock.runUntil(() => ready)).toBe(true);
    expect(clock.now()).toBe(1000);
  });
});

describe('sleep', () => {
  it('resolves after the time and leaves nothing behind', async () => {
    const clock = new VirtualClock(0);
    let woke = false;
    void sleep(clock, 100, new AbortController().signal).then(() => {
      woke = true;
    });
    await clock.advance(99);
    expect(woke).toBe(false);
    await clock.advance(1);
    expect(woke).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with the reason of the signal and cancels its timer', async () => {
    const clock = new VirtualClock(0);
    const controller = new AbortController();
    const slept = sleep(clock, 100, controller.signal);
    controller.abort(new Error('over'));
    await expect(slept).rejects.toThrow('over');
    expect(clock.pendingTimers).toBe(0);
    await expect(sleep(clock, 100, controller.signal)).rejects.toThrow('over');
  });
});
