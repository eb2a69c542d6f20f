import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { DigitCollector } from './digit-collector.ts';

const never = new AbortController().signal;
const rules = { max: 3, terminators: '#', firstMs: 5_000, betweenMs: 2_000 };
let clock = new VirtualClock(0);
let collector = new DigitCollector(clock);

function tap(digits: string): void {
  for (const digit of digits) {
    collector.pressed(digit);
    collector.released();
  }
}

beforeEach(() => {
  clock = new VirtualClock(0);
  collector = new DigitCollector(clock);
});

describe('DigitCollector', () => {
  it('takes what was pressed before, in order, and leaves the rest', async () => {
    tap('12345');
    await expect(collector.collect(rules, never)).resolves.toEqual({ digits: '123', why: 'complete' });
    await expect(collector.collect({ ...rules, max: 2 }, never)).resolves.toEqual({ digits: '45', why: 'complete' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at a terminator that is not part of the input, and keeps what follows', async () => {
    tap('1#2');
    await expect(collector.collect(rules, never)).resolves.toEqual({ digits: '1', why: 'terminator' });
    expect(collector.buffered).toBe(true);
    const empty = collector.collect({ ...rules, terminators: '2' }, never);
    await expect(empty).resolves.toEqual({ digits: '', why: 'terminator' });
  });

  it('waits as long as a key is held that went down before', async () => {
    collector.pressed('7');
    const digits = collector.collect(rules, never);
    await clock.advance(10_000);
    collector.released();
    await clock.advance(1_999);
    tap('8');
    await clock.advance(2_000);
    await expect(digits).resolves.toEqual({ digits: '78', why: 'timeout' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for the first digit and then between digits, from the moment collect is called', async () => {
    await clock.advance(60_000);
    const first = collector.collect(rules, never);
    await clock.advance(4_999);
    tap('7');
    await clock.advance(1_999);
    tap('8');
    await clock.advance(2_000);
    await expect(first).resolves.toEqual({ digits: '78', why: 'timeout' });
    const second = collector.collect(rules, never);
    await clock.advance(5_000);
    await expect(second).resolves.toEqual({ digits: '', why: 'timeout' });
  });

  it('completes when the key goes down, without waiting for its release', async () => {
    const collected = collector.collect({ ...rules, max: 1 }, never);
    collector.pressed('5');
    await expect(collected).resolves.toEqual({ digits: '5', why: 'complete' });
    collector.released();
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs no timer while a key is held', async () => {
    const collected = collector.collect(rules, never);
    collector.pressed('5');
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(60_000);
    collector.released();
    await clock.advance(2_000);
    await expect(collected).resolves.toEqual({ digits: '5', why: 'timeout' });
  });

  it('rejects when aborted, stops its timer, and is free for the next', async () => {
    const controller = new AbortController();
    const collected = collector.collect(rules, controller.signal);
    await expect(collector.collect(rules, never)).rejects.toThrow('already');
    controller.abort(new Error('enough'));
    await expect(collected).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
    tap('1#');
    await expect(collector.collect(rules, controller.signal)).rejects.toThrow('enough');
    await expect(collector.collect(rules, never)).resolves.toMatchObject({ digits: '1' });
  });

  it('takes nothing when nothing is wanted', async () => {
    tap('1');
    await expect(collector.collect({ ...rules, max: 0 }, never)).resolves.toEqual({ digits: '', why: 'complete' });
    expect(collector.buffered).toBe(true);
    collector.clear();
    expect(collector.buffered).toBe(false);
  });

  it('keeps no more than 128 digits of a peer that presses on and on', async () => {
    tap('1'.repeat(100_000));
    const collected = collector.collect({ max: 1_000, terminators: '', firstMs: 1, betweenMs: 1 }, never);
    await clock.advance(1);
    await expect(collected).resolves.toEqual({ digits: '1'.repeat(128), why: 'timeout' });
  });

  it('rejects when it is closed', async () => {
    const collected = collector.collect(rules, never);
    collector.close(new Error('over'));
    await expect(collected).rejects.toThrow('over');
    expect(clock.pendingTimers).toBe(0);
  });
});
