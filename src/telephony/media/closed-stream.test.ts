import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreedWith, countingPrompt, MediaRig } from '../../../test/support/media-rig.ts';
import { newBridgeEnds } from './far-side.ts';

const never = new AbortController().signal;
const abortError = { name: 'AbortError' };
const recordRules = { maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a stream that is closed', () => {
  it('refuses whatever is asked of it, and writes no file', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    await stream.close();
    const path = join(folder, 'closed.wav');
    await expect(stream.play(countingPrompt('a', 320), { interruptible: false }, never)).rejects.toMatchObject(abortError);
    await expect(stream.collect({ max: 1, terminators: '', firstMs: 1000, betweenMs: 1000 }, never)).rejects.toMatchObject(abortError);
    await expect(stream.sendDigits('1', never)).rejects.toMatchObject(abortError);
    await expect(stream.record({ path, ...recordRules }, never)).rejects.toMatchObject(abortError);
    await expect(stream.recordCall(path, 'mono')).rejects.toMatchObject(abortError);
    await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    stream.pressed('5');
    stream.muteInRoom(true);
    stream.leaveRoom();
    stream.unbridge();
    await rig.clock.advance(0);
    expect([rig.clock.pendingTimers, rig.media.openStreams]).toEqual([0, 0]);
  });

  it('rejects what waits to be played, pressed or collected', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const waits = [
      stream.play(countingPrompt('a', 32_000), { interruptible: false }, never),
      stream.play(countingPrompt('b', 320), { interruptible: true }, never),
      stream.sendDigits('123', never),
      stream.sendDigits('4', never),
      stream.collect({ max: 1, terminators: '', firstMs: 60_000, betweenMs: 1000 }, never),
    ];
    const settled = Promise.allSettled(waits);
    await rig.clock.advance(50);
    await stream.close();
    expect(await settled).toEqual(waits.map(() => ({ status: 'rejected', reason: expect.objectContaining(abortError) })));
    await rig.clock.advance(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('is joined with nobody any more', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const { stream: other } = await rig.call();
    await stream.close();
    expect(() => stream.bridge(other)).toThrow(expect.objectContaining(abortError));
    expect(() => other.bridge(stream)).toThrow(expect.objectContaining(abortError));
    expect(() => stream.joinRoom(rig.media.openRoom(), false)).toThrow(expect.objectContaining(abortError));
    const [here, there] = newBridgeEnds();
    expect(() => stream.bridgeAcross(here)).toThrow(expect.objectContaining(abortError));
    here.port.close();
    there.port.close();
    expect(rig.media.openRooms).toBe(0);
    await rig.media.close();
    await rig.clock.advance(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('does not begin to send, and hears nothing', async () => {
    const rig = new MediaRig();
    const stream = await rig.open();
    const peer = rig.peer();
    const report = await stream.close();
    stream.start(agreedWith(peer));
    await rig.clock.advance(100);
    await peer.speak(stream.local, 100);
    expect([peer.received.length, rig.clock.pendingTimers]).toEqual([0, 0]);
    expect(await stream.close()).toBe(report);
  });

  it('is not joined with itself, nor with a stream of another thread without a way there', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const { stream: other } = await new MediaRig().call();
    for (const none of [stream, other]) expect(() => stream.bridge(none)).toThrow('not of one thread');
    await stream.close();
    await other.close();
  });
});
