import { describe, expect, it } from 'vitest';
import { MediaRig, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';
import { DoubledDigits } from './doubled-digits.ts';

const never = new AbortController().signal;
const rules = { max: 4, terminators: '', firstMs: 5000, betweenMs: 5000 };

describe('a digit that is told in the stream and beside it', () => {
  it.each([
    ['once each way', '1s 1b', '1'],
    ['the other way first', '1b 1s', '1'],
    ['the same key twice', '1s 1b 1s 1b', '11'],
    ['the same key twice, late beside the stream', '1s 1s 1b 1b', '11'],
    ['different keys', '1s 2s 1b 2b', '12'],
    ['keys in one way only', '1s 1s 1s', '111'],
    ['keys beside the stream only', '1b 1b', '11'],
  ])('%s: %s counts as %s', (_what, presses, expected) => {
    const doubled = new DoubledDigits();
    const counted = presses
      .split(' ')
      .filter((press, at) => doubled.isNew(press.charAt(0), press.endsWith('s') ? 'stream' : 'beside', at * 100));
    expect(counted.map((press) => press.charAt(0)).join('')).toBe(expected);
  });

  it('counts anew after four seconds', () => {
    const doubled = new DoubledDigits();
    expect([doubled.isNew('1', 'stream', 0), doubled.isNew('1', 'beside', 4001)]).toEqual([true, true]);
  });

  it('remembers no more than a few, however many come', () => {
    const doubled = new DoubledDigits();
    for (let at = 0; at < 100; at++) doubled.isNew('1', 'stream', 0);
    const twins = Array.from({ length: 100 }, () => doubled.isNew('1', 'beside', 0)).filter((isNew) => !isNew);
    expect(twins).toHaveLength(16);
  });
});

describe('a digit that is told beside the stream', () => {
  it('is kept, collected and counted', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    stream.pressed('1');
    const collected = stream.collect(rules, never);
    stream.pressed('2');
    await peer.press(stream.local, '3');
    stream.pressed('3');
    stream.pressed('4');
    expect(await collected).toEqual({ digits: '1234', why: 'complete' });
    const report = await stream.close();
    expect(report.digits).toBe(4);
    stream.pressed('5');
    await rig.media.close();
    await rig.clock.advance(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('starts the time until the next one', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const collected = stream.collect({ ...rules, betweenMs: 1000 }, never);
    stream.pressed('1');
    await rig.clock.advance(1000);
    expect(await collected).toEqual({ digits: '1', why: 'timeout' });
    await rig.media.close();
  });

  it('crosses a bridge to a peer that wants it beside the stream, and only there', async () => {
    const rig = new MediaRig();
    const one = await rig.call({ digitsBeside: true });
    const two = await rig.call();
    const told: string[] = [];
    one.stream.onDigitForPeer = (digit) => told.push(digit);
    one.stream.bridge(two.stream);
    two.stream.pressed('7');
    await two.peer.press(two.stream.local, '8');
    expect(told).toEqual(['7', '8']);
    one.stream.pressed('9');
    await rig.clock.advance(300);
    const events = two.peer.received.filter(({ payloadType, marker }) => payloadType === TELEPHONE_EVENT && marker);
    expect(events.map(({ payload }) => payload[0])).toEqual([9]);
    expect(one.peer.received.some(({ payloadType }) => payloadType === TELEPHONE_EVENT)).toBe(false);
    await rig.media.close();
  });

  it('crosses a bridge no more often than somebody could press', async () => {
    const rig = new MediaRig();
    const one = await rig.call();
    const two = await rig.call();
    one.stream.bridge(two.stream);
    for (let at = 0; at < 200; at++) one.stream.pressed('1');
    await rig.clock.advance(60_000);
    const events = two.peer.received.filter(({ payloadType, marker }) => payloadType === TELEPHONE_EVENT && marker);
    expect(events).toHaveLength(32);
    await rig.media.close();
  });
});
