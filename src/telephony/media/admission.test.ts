import { afterEach, describe, expect, it } from 'vitest';
import { type BusyMediaOptions, busyMedia, lateClock, newWork } from '../../../test/support/busy-thread.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import type { MediaPort } from './media-port.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(options: BusyMediaOptions = {}) {
  const opened = await busyMedia(options);
  closers.push(() => opened.media.close());
  return opened;
}

/** Asks for a stream again and again until the answer is this one. */
async function untilOpenAnswers(media: MediaPort, wanted: 'opened' | 'refused'): Promise<string> {
  for (;;) {
    const answer = await media.open().then(
      (stream) => stream.close().then(() => 'opened'),
      (error: unknown) => `refused: ${error instanceof Error ? error.message : ''}`,
    );
    if (answer.startsWith(wanted)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('media threads', () => {
  it('refuse calls while a thread has no time, say so, and take them again afterwards', async () => {
    const works = newWork();
    const { media, told } = await open({ works });
    await untilOpenAnswers(media, 'opened');
    Atomics.store(works, 0, 1);
    expect(await untilOpenAnswers(media, 'refused')).toContain('the time of the media workers');
    expect(told).toEqual(['Media worker 1 has too much to do: new calls are refused until it has time again']);
    Atomics.store(works, 0, 0);
    await untilOpenAnswers(media, 'opened');
    expect(told[1]).toBe('Media worker 1 has time again: new calls are taken');
  });

  it('take calls again only when there is room for more than those that they have', async () => {
    const clock = new VirtualClock();
    let share = 0.95;
    const { media } = await open({ clock, utilization: () => share });
    const answerAfter = async (seconds: number, of: number): Promise<string> => {
      share = of;
      await clock.advance(seconds * 1_000);
      return media.open().then(
        (stream) => stream.close().then(() => 'opened'),
        () => 'refused',
      );
    };
    expect([await answerAfter(10, 0.89), await answerAfter(10, 0.91)]).toEqual(['opened', 'refused']);
    expect([await answerAfter(10, 0.85), await answerAfter(10, 0.79), await answerAfter(10, 0.85)]).toEqual([
      'refused',
      'opened',
      'opened',
    ]);
  });

  it('have five hundred streams each, and refuse further ones at once, also those that are asked for at the same time', async () => {
    const { media } = await open();
    const asked = Array.from({ length: 510 }, () => media.open());
    const settled = { opened: 0, refused: 0 };
    for (const stream of asked)
      stream.then(
        () => settled.opened++,
        () => settled.refused++,
      );
    while (settled.opened < 500) await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toEqual({ opened: 500, refused: 10 });
    await (await asked[0])?.close();
    await untilOpenAnswers(media, 'opened');
  });

  it('refuse calls while the main thread is late, two seconds in a row', async () => {
    const clock = lateClock();
    const { media, told } = await open({ clock });
    await untilOpenAnswers(media, 'opened');
    clock.lateMs = 250;
    clock.looks = 0;
    expect(await untilOpenAnswers(media, 'refused')).toContain('the time of the main thread');
    expect(clock.looks).toBe(4);
    clock.lateMs = 0;
    await untilOpenAnswers(media, 'opened');
    expect(clock.looks).toBeGreaterThanOrEqual(8);
    expect(told).toEqual([
      'The main thread has too much to do: new calls are refused until it has time again',
      'The main thread has time again: new calls are taken',
    ]);
  });
});
