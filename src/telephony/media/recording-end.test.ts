import { execFileSync } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaRig } from '../../../test/support/media-rig.ts';
import { readWavHeader } from '../audio/wav.ts';

const never = new AbortController().signal;
/** A code of mu-law, and the sample that it stands for. */
const VOICE = 0x90;
const LEVEL = 15_996;

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-end-'));
});
afterAll(() => rm(folder, { recursive: true }));

const newPath = (): string => join(folder, `${++files}.wav`);
const rules = (maxMs = 60_000) => ({ path: newPath(), maxMs, terminators: '#', silenceMs: 0, trimSilence: false });

/** How many ms the last channel of a recording has of the voice, and how long it is. */
async function voiceIn(path: string): Promise<[voiceMs: number, wholeMs: number]> {
  const bytes = await readFile(path);
  const { dataAt, frames, bytesPerFrame } = readWavHeader(bytes);
  let voiced = 0;
  for (let frame = 1; frame <= frames; frame++) if (Math.abs(bytes.readInt16LE(dataAt + frame * bytesPerFrame - 2)) === LEVEL) voiced++;
  return [voiced / 8, frames / 8];
}

/** A stream whose peer speaks all the time. */
async function speaking(agreed: Parameters<MediaRig['call']>[0] = {}) {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call(agreed);
  const speak = (durationMs: number): Promise<void> => peer.speak(stream.local, durationMs, VOICE);
  await speak(200);
  return { rig, stream, peer, speak };
}

describe('a disk that does not answer', () => {
  it('keeps neither the call nor its port, and what is written is waited for when all ends', async () => {
    const { rig, stream, speak } = await speaking();
    const path = newPath();
    // Nobody reads from it, so that opening it takes for ever.
    execFileSync('mkfifo', [path]);
    const whole = stream.recordCall(path, 'stereo');
    // A pipe cannot be written at a place, and says so before anybody waits.
    whole.catch(() => undefined);
    await speak(500);
    expect(await stream.close()).toMatchObject({ received: 35 });
    expect(rig.media.openStreams).toBe(0);
    let closed = false;
    const closing = rig.media.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    // Now somebody does.
    const reader = await open(path, 'r');
    await Promise.allSettled([whole, closing]);
    await reader.close();
    expect(closed).toBe(true);
  });

  it('that is full ends a recording at once, and another may begin', async () => {
    const { stream, speak } = await speaking();
    const whole = stream.recordCall('/dev/full', 'stereo');
    await expect(whole).rejects.toMatchObject({ code: 'ENOSPC' });
    const second = stream.recordCall(newPath(), 'stereo');
    await speak(500);
    void stream.close();
    expect(await second).toMatchObject({ durationMs: 500 });
  });
});

describe('the end of a recording, while somebody else goes on listening,', () => {
  it.each(['a recording of the whole call', 'digits in the audio', 'a room', 'nobody else'])('costs it nothing: %s', async (other) => {
    const { rig, stream, speak } = await speaking(other === 'digits in the audio' ? { inbandDigits: true } : {});
    if (other === 'a recording of the whole call') void stream.recordCall(newPath(), 'mono').catch(() => undefined);
    if (other === 'a room') stream.joinRoom(rig.media.openRoom(), false);
    await speak(200);
    const recorded = stream.record(rules(400), never);
    await speak(800);
    const { path } = await recorded;
    expect(await voiceIn(path)).toEqual([400, 400]);
    await stream.close();
  });

  it('comes at once when the stream is closed, with all that came until then', async () => {
    const { stream, speak } = await speaking();
    const whole = stream.recordCall(newPath(), 'stereo');
    const recorded = stream.record(rules(), never);
    await speak(500);
    void stream.close();
    expect(await voiceIn((await recorded).path)).toEqual([500, 500]);
    expect(await voiceIn((await whole).path)).toEqual([500, 500]);
  });

  it('is what was said until a key was pressed, and another may begin at once', async () => {
    const { stream, peer, speak } = await speaking();
    const whole = stream.recordCall(newPath(), 'stereo');
    const recorded = stream.record(rules(), never);
    await speak(500);
    peer.sendEvent(stream.local, '#', 160, false);
    await speak(20);
    const next = stream.record(rules(300), never);
    await speak(600);
    const { path, why, durationMs } = await recorded;
    expect([why, durationMs]).toEqual(['terminator', 500]);
    expect(await voiceIn(path)).toEqual([500, 500]);
    expect(await voiceIn((await next).path)).toEqual([300, 300]);
    await stream.close();
    await whole;
  });

  it('does not wait for audio that never comes', async () => {
    const { rig, stream, speak } = await speaking();
    const whole = stream.recordCall(newPath(), 'stereo');
    const recorded = stream.record(rules(400), never);
    await speak(380);
    await rig.clock.advance(1000);
    expect(await recorded).toMatchObject({ why: 'max', durationMs: 400 });
    await stream.close();
    await whole;
  });

  it('of the whole call costs neither it nor who goes on', async () => {
    const { stream, speak } = await speaking({ inbandDigits: true });
    const whole = stream.recordCall(newPath(), 'stereo');
    const recorded = stream.record(rules(1000), never);
    await speak(500);
    stream.controlRecording('stop');
    await speak(1000);
    expect(await voiceIn((await whole).path)).toEqual([500, 500]);
    expect(await voiceIn((await recorded).path)).toEqual([1000, 1000]);
    await stream.close();
  });
});

it('frames that are left out, since the beat stood still, are left out of what is heard, too', async () => {
  const { rig, stream, speak } = await speaking();
  const ended = stream.record(rules(1000), never);
  await speak(400);
  stream.skip(5);
  await speak(700);
  const { durationMs } = await ended;
  const report = await stream.close();
  expect(durationMs).toBe(1000);
  // Here the beat had not stood still, so they are missing.
  expect(report.buffer?.concealed).toBe(3);
  await rig.media.close();
});
