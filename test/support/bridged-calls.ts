import { expect } from 'vitest';
import type { StreamCore } from '../../src/telephony/media/stream-core.ts';
import { MediaRig } from './media-rig.ts';

/** Two calls that are up and joined, in silence since a moment. @param join how they are joined; in one thread unless something else is said */
export async function bridgedCalls(
  left: Parameters<MediaRig['call']>[0] = {},
  right: Parameters<MediaRig['call']>[0] = {},
  join: (one: StreamCore, two: StreamCore) => void = (one, two) => one.bridge(two),
) {
  const rig = new MediaRig();
  const one = await rig.call(left);
  const two = await rig.call(right);
  await rig.clock.advance(100);
  join(one.stream, two.stream);
  one.peer.received.length = 0;
  two.peer.received.length = 0;
  return { rig, one, two };
}

/** Closes what there is, and expects that nothing stays. */
export async function nothingLeftOf({ media, clock }: MediaRig): Promise<void> {
  await media.close();
  await clock.advance(0);
  expect([clock.pendingTimers, media.openStreams]).toEqual([0, 0]);
}
