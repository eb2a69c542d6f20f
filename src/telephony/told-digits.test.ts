import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { DigitOutcome } from './sip/dialog-infos.ts';
import { ToldDigits } from './told-digits.ts';

const never = new AbortController().signal;

/** Digits for a peer that takes `answerMs` to answer each with what `outcomeOf` says. */
function digitsFor(outcomeOf: (digit: string) => DigitOutcome = () => 'taken', answerMs = 10) {
  const clock = new VirtualClock(0);
  const seen: string[] = [];
  const told = new ToldDigits({
    clock,
    tell: (digit, durationMs) =>
      new Promise((resolve) => {
        seen.push(`${clock.now()} ${digit} ${durationMs}`);
        clock.after(answerMs, () => resolve(outcomeOf(digit)));
      }),
    otherwise: async (digits) => {
      seen.push(`otherwise ${digits}`);
    },
    refused: () => seen.push('refused'),
  });
  return { clock, seen, told };
}

/** How a promise has settled so far. */
function settled(promise: Promise<unknown>): { how: string } {
  const state = { how: 'waits' };
  promise.then(
    () => {
      state.how = 'sent';
    },
    (error: unknown) => {
      state.how = error instanceof Error ? error.name : String(error);
    },
  );
  return state;
}

describe('digits that a peer is told', () => {
  it('follow each other at the pace of keys, also those of another request', async () => {
    const { clock, seen, told } = digitsFor();
    const first = settled(told.send('1w2', never));
    const second = settled(told.send('3', never));
    await clock.advance(5000);
    expect(seen).toEqual(['0 1 100', '680 2 100', '860 3 100']);
    expect([first.how, second.how, clock.pendingTimers]).toEqual(['sent', 'sent', 0]);
  });

  it('wait for a peer that is slow to answer', async () => {
    const { clock, seen, told } = digitsFor(() => 'taken', 1000);
    void told.send('12', never);
    await clock.advance(5000);
    expect(seen).toEqual(['0 1 100', '1000 2 100']);
  });

  it('go otherwise from the first on that is refused, and stay there', async () => {
    const { clock, seen, told } = digitsFor((digit) => (digit === '2' ? 'refused' : 'taken'));
    void told.send('1234', never);
    void told.send('5', never);
    await clock.advance(5000);
    expect(seen).toEqual(['0 1 100', '180 2 100', 'refused', 'otherwise 234', 'otherwise 5']);
  });

  it('end with the call', async () => {
    const { clock, told } = digitsFor((digit) => (digit === '1' ? 'taken' : 'lost'));
    const lost = settled(told.send('12', never));
    await clock.advance(1000);
    expect(lost.how).toBe('AbortError');
    const closed = settled(told.send('11', never));
    await clock.advance(50);
    told.close();
    told.close();
    await clock.advance(0);
    expect(closed.how).toBe('AbortError');
    await clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are taken back by their signal, and those that follow are not', async () => {
    const { clock, seen, told } = digitsFor();
    const given = new AbortController();
    const first = settled(told.send('111', given.signal));
    const second = settled(told.send('2', never));
    await clock.advance(100);
    given.abort(new Error('enough'));
    await clock.advance(1000);
    expect([first.how, second.how]).toEqual(['Error', 'sent']);
    expect(seen).toEqual(['0 1 100', '100 2 100']);
    const third = settled(told.send('3', given.signal));
    await clock.advance(1000);
    expect(third.how).toBe('Error');
    expect(seen).toHaveLength(2);
  });

  it('of a bridge are dropped when nobody could have pressed so many', async () => {
    const { clock, seen, told } = digitsFor();
    for (let pressed = 0; pressed < 100; pressed++) told.pass('7');
    await clock.advance(60_000);
    expect(seen).toHaveLength(32);
    told.pass('8');
    await clock.advance(1000);
    expect(seen.at(-1)).toContain(' 8 ');
  });
});
