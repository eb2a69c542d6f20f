import { describe, expect, it } from 'vitest';
import { incomingScene, waiting } from '../support/incoming-scene.ts';

const scene = (options: Parameters<typeof incomingScene>[0]) => incomingScene({ flow: waiting, ...options });

describe('a call that there is no room for', () => {
  it('and comes in when all media ports are in use gets 503 with Retry-After, and the next one is taken', async () => {
    const { world, caller, finish } = scene({ mediaStreams: 1 });
    await caller.invite();
    await caller.ack();
    await caller.invite({ callId: 'second' });
    expect(caller.statuses()).toEqual([100, 180, 200, 100, 503]);
    expect(Number(caller.response(503)?.headers.first('Retry-After'))).toBeGreaterThan(0);
    await caller.ack({ refused: true });
    expect([world.refused, world.sessions.size]).toEqual([['no-capacity'], 1]);
    await world.clock.advance(61_000);
    await caller.invite({ callId: 'third' });
    expect(caller.statuses().at(-1)).toBe(200);
    await caller.ack();
    await finish();
  });

  it('and comes in when all media ports are in use gives its channel back', async () => {
    const { world, caller, finish } = scene({ mediaStreams: 1, maxChannels: 2 });
    const slot = await world.telephony.reserve();
    for (const callId of ['first', 'second']) {
      await caller.invite({ callId });
      await caller.ack({ refused: true });
    }
    await slot.release();
    await caller.invite({ callId: 'third' });
    await caller.ack();
    expect(caller.statuses()).toEqual([100, 503, 100, 503, 100, 180, 200]);
    await finish();
  });

  it('and goes out when all media ports are in use is refused with the time to wait, gives its channel back, and leaves no session', async () => {
    const { world, caller, finish } = scene({ mediaStreams: 1, maxChannels: 2 });
    await caller.invite();
    await caller.ack();
    const refusal = {
      code: 'NO_CAPACITY',
      status: 503,
      retryAfterSeconds: expect.any(Number),
      message: expect.stringContaining('streams'),
    };
    for (const _again of [1, 2, 3]) await expect(world.call()).rejects.toMatchObject(refusal);
    expect(world.sessions.size).toBe(1);
    await finish();
  });

  it('and is told to come back does so when its time has come', async () => {
    const { world, caller, finish } = scene({ maxChannels: 1 });
    await caller.invite();
    await caller.ack();
    await caller.invite({ callId: 'second' });
    expect(caller.response(503)?.headers.first('Retry-After')).toBe('1');
    await caller.ack({ refused: true });
    await world.clock.advance(62_000);
    await caller.invite({ callId: 'third' });
    expect(caller.statuses().at(-1)).toBe(200);
    await caller.ack();
    await finish();
  });
});
