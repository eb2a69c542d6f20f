import { expect, it } from 'vitest';
import { FakeLeg } from '../../test/support/fake-leg.ts';
import { promptNamed } from '../../test/support/flow-call.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { Prompt } from '../telephony/port.ts';
import { PhoneHolds } from './phone-holds.ts';

/** A phone that can hold its call. */
class Phone extends FakeLeg {
  isHolding = false;
  #listener: (() => void) | undefined;

  onHolding(listener: () => void): () => void {
    this.#listener = listener;
    return () => {
      if (this.#listener === listener) this.#listener = undefined;
    };
  }

  holds(isHolding: boolean): void {
    this.isHolding = isHolding;
    this.#listener?.();
  }
}

function scene(holdMusic: () => Prompt | Promise<Prompt>) {
  const clock = new VirtualClock();
  const notes: string[] = [];
  const holds = new PhoneHolds({ holdMusic, note: (message) => notes.push(message) });
  const [one, other] = [new Phone(clock), new Phone(clock)];
  holds.join(one, other);
  return { clock, notes, holds, one, other };
}

it('music that is there only when the phone has resumed is not played', async () => {
  let loaded: (music: Prompt) => void = () => {};
  const { clock, holds, one, other } = scene(
    () =>
      new Promise((resolve) => {
        loaded = resolve;
      }),
  );
  one.holds(true);
  one.holds(false);
  loaded(promptNamed('music', 1000));
  await clock.advance(3000);
  expect([one.heard, other.heard]).toEqual([[], []]);
  one.holds(true);
  loaded(promptNamed('music', 1000));
  await clock.advance(1500);
  expect([one.heard, other.heard]).toEqual([[], ['music', 'music']]);
  holds.part();
});

it('a hold without music, since that cannot be had, is told and ends like any other', async () => {
  const { clock, notes, one, other } = scene(() => Promise.reject(new Error('The file is gone')));
  one.holds(true);
  await clock.advance(1000);
  one.holds(false);
  expect(other.heard).toEqual([]);
  expect(notes).toEqual([
    'A phone has put the call on hold: the other side hears music',
    'There is no music on hold: The file is gone',
    'The phone has resumed the call',
  ]);
});

it('a call that has been parted is not watched any more', async () => {
  const { clock, notes, holds, one, other } = scene(() => promptNamed('music', 1000));
  holds.part();
  one.holds(true);
  await clock.advance(1000);
  expect([notes, other.heard]).toEqual([[], []]);
});

it('a phone that says once more that it holds does not begin the music anew', async () => {
  const { clock, holds, one, other } = scene(() => promptNamed('music', 1000));
  one.holds(true);
  await clock.advance(500);
  one.holds(true);
  await clock.advance(400);
  expect(other.heard).toEqual(['music']);
  holds.part();
});

it('a call whose other side is joined with somebody else is not watched any more', async () => {
  const { clock, notes, holds, one, other } = scene(() => promptNamed('music', 1000));
  const third = new Phone(clock);
  holds.join(other, third);
  one.holds(true);
  await clock.advance(1000);
  expect([notes, other.heard]).toEqual([[], []]);
  third.holds(true);
  await clock.advance(500);
  expect(other.heard).toEqual(['music']);
  holds.part();
});
