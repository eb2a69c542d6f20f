import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { StreamListeners } from './stream-listeners.ts';

const payload = new Uint8Array(160).fill(0x90);

/** Listeners of a peer that sends a packet every 20 ms, 5 ms before the beat. */
function setUp() {
  const clock = new VirtualClock();
  const listeners = new StreamListeners(
    clock,
    () => {},
    () => {},
  );
  let number = 0;
  /** So many frames pass; in each the peer does what it does, and the beat comes, if it does. */
  const pass = async (frames: number, { beats = true, sends = 'audio' as 'audio' | 'event' } = {}): Promise<void> => {
    for (let frame = 0; frame < frames; frame++, number++) {
      if (sends === 'audio') listeners.audio('PCMU', payload, number * 160, true, clock.now(), number);
      else listeners.event(true);
      await clock.advance(5);
      if (beats) listeners.frame(clock.now());
      await clock.advance(15);
    }
  };
  return { listeners, pass };
}

describe('who listens to a stream', () => {
  it('goes on in time after the beat stood still: what was left out is left out for them, too', async () => {
    const { listeners, pass } = setUp();
    listeners.speakInRoom(true);
    await pass(50);
    await pass(20, { beats: false });
    listeners.skip(20);
    await pass(100);
    const { skipped = 0, concealed, tooLate } = listeners.counts ?? {};
    expect([concealed, tooLate]).toEqual([0, 0]);
    // One by one they would be twenty.
    expect(skipped).toBeLessThan(3);
    await listeners.close();
  });

  it('takes nothing for lost while the peer sends a digit in place of audio', async () => {
    const { listeners, pass } = setUp();
    listeners.speakInRoom(true);
    for (let digit = 0; digit < 3; digit++) {
      await pass(20);
      await pass(10, { sends: 'event' });
    }
    await pass(20);
    expect(listeners.counts?.tooLate).toBe(0);
    // The frame before audio comes again; three of each loss would be made up.
    expect(listeners.counts?.concealed).toBeLessThanOrEqual(3);
    await listeners.close();
  });

  it('takes nothing for lost that came while nobody listened', async () => {
    const { listeners, pass } = setUp();
    listeners.speakInRoom(true);
    await pass(20);
    listeners.speakInRoom(false);
    await pass(15);
    listeners.speakInRoom(true);
    await pass(20);
    expect(listeners.counts).toMatchObject({ concealed: 0, tooLate: 0 });
    await listeners.close();
  });

  it('has the frames that wait when a recording ends beside it, each in its time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'listeners-'));
    const { listeners, pass } = setUp();
    listeners.speakInRoom(true);
    const recorded = listeners.recordCall(join(folder, 'call.wav'), 'stereo');
    await pass(20);
    listeners.controlRecording('stop');
    await pass(20);
    expect(await recorded).toMatchObject({ durationMs: 400 });
    expect(listeners.counts).toMatchObject({ concealed: 0, repeated: 0, tooLate: 0 });
    await listeners.close();
    await rm(folder, { recursive: true });
  });
});
