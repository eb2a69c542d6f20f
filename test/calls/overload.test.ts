import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MediaPort } from '../../src/telephony/media/media-port.ts';
import { busyMedia, lateClock, newWork } from '../support/busy-thread.ts';
import { nothingLeft } from '../support/call-world.ts';
import { incomingScene, waiting } from '../support/incoming-scene.ts';

// What comes in while there is no time for more calls, with the admission that the server has.

const WITHIN = { timeout: 20_000, interval: 20 };
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A call comes in while this media takes none, and another one when `rest` has brought its time back. */
async function refusedAndTaken(media: MediaPort, told: readonly string[], rest: () => void): Promise<void> {
  const { world, caller } = incomingScene({ flow: waiting, media });
  await vi.waitFor(() => expect(told.at(-1)).toContain('has too much to do'), WITHIN);
  await caller.invite();
  expect(caller.statuses()).toEqual([100, 503]);
  expect(caller.response(503)?.headers.first('Retry-After')).toBe('5');
  await caller.ack({ refused: true });
  expect([world.refused, world.sessions.size, media.openStreams]).toEqual([['no-capacity'], 0, 0]);

  rest();
  await vi.waitFor(() => expect(told.at(-1)).toContain('new calls are taken'), WITHIN);
  await caller.invite({ callId: 'later' });
  await vi.waitFor(async () => {
    await world.clock.advance(5);
    expect(caller.statuses()).toEqual([100, 503, 100, 180, 200]);
  }, WITHIN);
  await caller.ack();
  await caller.request('BYE', 2);
  await vi.waitFor(async () => {
    await world.clock.advance(1000);
    expect([world.service.liveSessions, media.openStreams]).toEqual([0, 0]);
  }, WITHIN);
  await caller.close();
  expect(await world.finish()).toEqual(nothingLeft);
}

describe('a call that comes in', () => {
  it('while the media thread has no time gets 503 with Retry-After, and the next one is taken', { timeout: 60_000 }, async () => {
    const works = newWork();
    const { media, told } = await busyMedia({ works });
    closers.push(() => media.close());
    Atomics.store(works, 0, 1);
    await refusedAndTaken(media, told, () => Atomics.store(works, 0, 0));
  });

  it('while the main thread is late gets 503 with Retry-After, and the next one is taken', { timeout: 60_000 }, async () => {
    const clock = lateClock();
    const { media, told } = await busyMedia({ clock });
    closers.push(() => media.close());
    clock.lateMs = 250;
    await refusedAndTaken(media, told, () => {
      clock.lateMs = 0;
    });
  });
});
