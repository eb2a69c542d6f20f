import { expect, it } from 'vitest';
import { agreedWith, MediaRig } from '../../../test/support/media-rig.ts';

/** Streams on a network that takes a tenth of a millisecond, and how many datagrams it has carried. */
function rigThatCounts() {
  let carried = 0;
  const filter = (): 'pass' => {
    carried++;
    return 'pass';
  };
  const rig = new MediaRig({ faults: { delayMs: { min: 0.1, max: 0.1 }, filter } });
  return { rig, carried: () => carried };
}

it.each([
  ['each other', [1, 0]],
  ['themselves', [0, 1]],
])('two joined streams whose peers name the ports of %s do not send packets round for ever', async (_what, [first = 0, second = 0]) => {
  const { rig, carried } = rigThatCounts();
  const agreed = agreedWith(rig.peer());
  const streams = [await rig.open(), await rig.open()] as const;
  streams[0].start({ ...agreed, remote: (streams[first] ?? streams[0]).local });
  streams[1].start({ ...agreed, remote: (streams[second] ?? streams[1]).local });
  streams[0].bridge(streams[1]);
  await rig.clock.advance(2000);
  // Each takes 500 at once, and 250 a second.
  expect(carried()).toBeLessThan(2 * (500 + 2 * 250 + 2 * 50));
  expect(carried()).toBeGreaterThan(500);
  for (const stream of streams) await stream.close();
});
