import { expect, it } from 'vitest';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { TimerScope } from './timer-scope.ts';

it('runs and cancels timers like the clock beneath it', async () => {
  const clock = new VirtualClock();
  const scope = new TimerScope(clock);
  const ran: string[] = [];
  scope.after(10, () => ran.push('first'));
  scope.after(20, () => ran.push('cancelled')).cancel();
  await clock.advance(30);
  expect(ran).toEqual(['first']);
  expect(scope.now()).toBe(clock.now());
  expect(clock.pendingTimers).toBe(0);
});

it('ends all its timers when it closes, and sets none afterwards', async () => {
  const clock = new VirtualClock();
  const scope = new TimerScope(clock);
  const ran: string[] = [];
  clock.after(10, () => ran.push('not of the scope'));
  const timer = scope.after(10, () => ran.push('of the scope'));
  scope.close();
  scope.close();
  const late = scope.after(10, () => ran.push('too late'));
  expect(clock.pendingTimers).toBe(1);
  late.cancel();
  timer.cancel();
  await clock.advance(20);
  expect(ran).toEqual(['not of the scope']);
});

it('remembers no timer that has run or was cancelled', async () => {
  const clock = new VirtualClock();
  let cancelled = 0;
  const scope = new TimerScope({
    now: () => clock.now(),
    after: (delayMs, run) => {
      const timer = clock.after(delayMs, run);
      return {
        cancel: () => {
          cancelled++;
          timer.cancel();
        },
      };
    },
  });
  scope.after(10, () => {});
  await clock.advance(20);
  scope.after(10, () => {}).cancel();
  scope.after(10, () => {});
  expect(cancelled).toBe(1);
  scope.close();
  expect(cancelled).toBe(2);
});
