import { expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { SignInThrottle } from './sign-in-throttle.ts';

it('never lets anybody wait longer than five minutes', async () => {
  const clock = new VirtualClock();
  const throttle = new SignInThrottle(clock);
  for (let attempt = 0; attempt < 40; attempt++) {
    throttle.begin('a');
    await clock.advance(300_000);
  }
  throttle.begin('a');
  expect(() => throttle.begin('a')).toThrow(/Wait 300 s/);
});

it('does not count an attempt that could not be judged', () => {
  const throttle = new SignInThrottle(new VirtualClock());
  for (let attempt = 0; attempt < 50; attempt++) {
    throttle.begin('a');
    throttle.withdraw('a');
  }
  expect(throttle.size).toBe(0);
  throttle.withdraw('never begun');
});

it('remembers a bounded number of sources, the latest', () => {
  const throttle = new SignInThrottle(new VirtualClock());
  for (let attempt = 0; attempt < 5; attempt++) throttle.begin('first');
  for (let source = 0; source < 9_999; source++) throttle.begin(String(source));
  expect(() => throttle.begin('first')).toThrow();
  throttle.begin('one more');
  expect(throttle.size).toBe(10_000);
  throttle.begin('first');
});
