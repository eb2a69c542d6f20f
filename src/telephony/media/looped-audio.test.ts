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

it('what a stranger sends to a stream in great number leaves room for its peer, and what the peer sends too fast is counted', async () => {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  await peer.speak(stream.local, 100, 0x20);
  const stranger = rig.peer();
  for (let nth = 0; nth < 2000; nth++) stranger.sendAudio(stream.local, 0x10);
  await peer.speak(stream.local, 2000, 0x20);
  for (let nth = 0; nth < 600; nth++) peer.sendAudio(stream.local, 0x20);
  await peer.speak(stream.local, 1000, 0x20);
  const { received, refused } = await stream.close();
  // Of the peer 105 packets in time and then 500 at once; with what is left of that moment some are too many.
  expect(received).toBeGreaterThanOrEqual(105 + 500 + 40);
  expect(received).toBeLessThan(105 + 510 + 50);
  expect(refused).toBeGreaterThanOrEqual(90);
});
