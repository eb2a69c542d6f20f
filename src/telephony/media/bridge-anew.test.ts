import { describe, expect, it } from 'vitest';
import { bridgedCalls, nothingLeftOf } from '../../../test/support/bridged-calls.ts';

describe('a side that is bridged with another at once', () => {
  it('is sent silence from the next beat on while the new other side says nothing', async () => {
    const { rig, one, two } = await bridgedCalls();
    const three = await rig.call();
    await two.peer.speak(two.stream.local, 200, 2);
    one.stream.bridge(three.stream);
    one.peer.received.length = 0;
    await rig.clock.advance(80);
    expect(one.peer.received.length).toBe(4);
    await nothingLeftOf(rig);
  });

  it('is sent the new source without a gap after the old one', async () => {
    const { rig, one, two } = await bridgedCalls();
    const three = await rig.call();
    await two.peer.speak(two.stream.local, 200, 2);
    three.peer.sequence = two.peer.sequence + 500;
    three.peer.timestamp = two.peer.timestamp + 80_000;
    three.peer.ssrc = 99;
    one.stream.bridge(three.stream);
    three.peer.sendAudio(three.stream.local, 3);
    await rig.clock.advance(0);
    const [before, after] = one.peer.received.slice(-2);
    expect([before?.payload[0], after?.payload[0]]).toEqual([2, 3]);
    expect(((after?.sequence ?? 0) - (before?.sequence ?? 0)) & 0xffff).toBe(1);
    expect(((after?.timestamp ?? 0) - (before?.timestamp ?? 0)) >>> 0).toBeLessThanOrEqual(320);
    await nothingLeftOf(rig);
  });
});

it('a source of the other side that begins anew in the middle of a bridge leaves no gap', async () => {
  const { rig, one, two } = await bridgedCalls();
  await two.peer.speak(two.stream.local, 200, 2);
  two.peer.ssrc = 99;
  two.peer.sequence += 500;
  two.peer.timestamp += 80_000;
  await two.peer.speak(two.stream.local, 200, 3);
  const sequences = one.peer.received.map(({ sequence }) => sequence);
  expect(one.peer.received.filter(({ payload }) => payload[0] === 3).length).toBeGreaterThanOrEqual(9);
  expect(sequences.slice(1).map((sequence, index) => (sequence - (sequences[index] ?? 0)) & 0xffff)).toEqual(
    sequences.slice(1).map(() => 1),
  );
  await nothingLeftOf(rig);
});

describe('what a bridge sends', () => {
  it.each([
    ['as it comes', {}],
    ['encoded anew', { codec: 'PCMA', payloadType: 8 }],
  ] as const)('%s counts as sent to a peer that has just answered', async (_how, agreed) => {
    const { rig, one, two } = await bridgedCalls(agreed);
    await two.peer.speak(two.stream.local, 200, 2);
    one.stream.answered();
    await rig.clock.advance(10);
    await two.peer.speak(two.stream.local, 200, 2);
    expect(await one.stream.close()).toMatchObject({ firstSentMs: 10, late: 0 });
    await nothingLeftOf(rig);
  });
});
