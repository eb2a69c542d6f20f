import { describe, expect, it } from 'vitest';
import { agreedWith, countingPrompt, MediaRig } from '../../../test/support/media-rig.ts';
import { nothingSeen } from './media-report.ts';

const never = new AbortController().signal;

describe('close', () => {
  it('settles everything that waits, gives the port back and leaves no timer', async () => {
    const rig = new MediaRig({ ports: 1 });
    const { stream, peer } = await rig.call();
    const waits = [
      stream.play(countingPrompt('a', 16_000), { interruptible: false }, never),
      stream.play(countingPrompt('b', 16_000), { interruptible: true }, never),
      stream.collect({ max: 1, terminators: '', firstMs: 1_000, betweenMs: 1_000 }, never),
      stream.sendDigits('123', never),
    ];
    const outcomes = Promise.allSettled(waits);
    await rig.clock.advance(100);
    const report = stream.close();
    expect(stream.close()).toBe(report);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    expect(await report).toMatchObject({ sent: 6, late: 0, firstSentMs: 0 });
    await rig.clock.advance(0);
    expect([rig.clock.pendingTimers, rig.network.openPorts, rig.media.openStreams]).toEqual([0, 1, 0]);
    peer.received.length = 0;
    await rig.clock.advance(100);
    expect(peer.received).toEqual([]);
    await (await rig.open()).close();
  });

  it('makes later calls reject, or do nothing', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    await stream.close();
    const closed = { name: 'AbortError' };
    await expect(stream.play(countingPrompt('a', 160), { interruptible: false }, never)).rejects.toMatchObject(closed);
    await expect(stream.collect({ max: 1, terminators: '', firstMs: 1, betweenMs: 1 }, never)).rejects.toMatchObject(closed);
    await expect(stream.sendDigits('1', never)).rejects.toMatchObject(closed);
    await expect(
      stream.record({ path: '/nowhere', maxMs: 1, terminators: '', silenceMs: 1, trimSilence: false }, never),
    ).rejects.toMatchObject(closed);
    stream.clearDigits();
    stream.start(agreedWith(peer));
    await rig.clock.advance(100);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('right after start sends nothing', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    expect(await stream.close()).toEqual({ ...nothingSeen, codec: 'PCMU', clockRate: 8000, expectedFrom: peer.endpoint });
    await rig.clock.advance(50);
    expect(peer.received).toEqual([]);
    expect(rig.clock.pendingTimers).toBe(0);
  });
});

describe('LocalMedia', () => {
  it('refuses when ports or streams are used up, until one is closed', async () => {
    for (const options of [{ ports: 2 }, { maxStreams: 2 }]) {
      const rig = new MediaRig(options);
      const [first] = [await rig.open(), await rig.open()];
      await expect(rig.open()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
      await first?.close();
      expect((await rig.open()).local.address).toBe('10.0.0.1');
    }
  });

  it('does not take more streams than it may when they are opened at the same time', async () => {
    const rig = new MediaRig({ maxStreams: 3 });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => rig.open()));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(3);
  });

  it('closes every stream, also one that is being opened, and opens no more', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const opening = rig.open();
    const closed = rig.media.close();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    await closed;
    await expect(stream.collect({ max: 1, terminators: '', firstMs: 1, betweenMs: 1 }, never)).rejects.toMatchObject({
      name: 'AbortError',
    });
    await expect(rig.open()).rejects.toMatchObject({ name: 'AbortError' });
    expect([rig.clock.pendingTimers, rig.media.openStreams]).toEqual([0, 0]);
  });

  it('leaks nothing over many calls', async () => {
    const rig = new MediaRig({ ports: 3 });
    const peer = rig.peer();
    for (let call = 0; call < 60; call++) {
      const stream = await rig.open();
      stream.start(agreedWith(peer));
      const controller = new AbortController();
      const played = stream.play(countingPrompt('a', 1_600), { interruptible: true }, controller.signal).catch(() => 'aborted');
      await rig.clock.advance(call % 7 === 0 ? 0 : 30);
      if (call % 2 === 0) controller.abort();
      await stream.close();
      await played;
    }
    await rig.clock.advance(0);
    expect([rig.clock.pendingTimers, rig.network.openPorts, rig.media.openStreams]).toEqual([0, 1, 0]);
  });

  it('leaves no port open when the one for the reports is in use', async () => {
    const rig = new MediaRig({ ports: 1 });
    const other = rig.peer({ address: '10.0.0.1', port: 20_001 });
    await expect(rig.open()).rejects.toThrow('in use');
    other.close();
    const stream = await rig.open();
    await stream.close();
    expect(rig.network.openPorts).toBe(0);
  });
});
