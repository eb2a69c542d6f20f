import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaRig } from '../../../test/support/media-rig.ts';
import { linearOf } from '../audio/g711.ts';
import { OpusEncoder } from '../audio/opus.ts';
import { opusModule } from '../audio/opus-module.ts';
import { readWavHeader } from '../audio/wav.ts';

const never = new AbortController().signal;
const VOICE = 0x90;
const OTHER_VOICE = 0xa0;

/** What was heard in the middle of each tenth of a second, in a file of both sides. */
function heardIn(wav: Buffer): number[] {
  const { dataAt, frames } = readWavHeader(wav);
  return Array.from({ length: Math.floor(frames / 800) }, (_, part) => wav.readInt16LE(dataAt + (part * 800 + 400) * 4 + 2));
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a recording', () => {
  it('of both sides has what still waited to be played when its stream is closed', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const path = join(folder, 'both.wav');
    const recorded = stream.recordCall(path, 'stereo');
    await peer.speak(stream.local, 1140, VOICE);
    await stream.close();
    await recorded;
    const wav = await readFile(path);
    expect(readWavHeader(wav).frames).toBe(9120);
    expect(heardIn(wav)).toEqual(Array(11).fill(linearOf('PCMU', VOICE)));
  });

  it('of the peer is complete when all is closed', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const path = join(folder, 'peer.wav');
    let isComplete = false;
    const recorded = stream.record({ path, maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false }, never).then(() => {
      isComplete = true;
    });
    await peer.speak(stream.local, 1000, VOICE);
    await rig.media.close();
    expect(isComplete).toBe(true);
    await recorded;
  });

  it('that has ended is complete also when the stream is closed before its last audio is played to a room', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    stream.joinRoom(rig.media.openRoom(), false);
    const recorded = stream.recordCall(join(folder, 'last.wav'), 'mono');
    await peer.speak(stream.local, 990, VOICE);
    stream.controlRecording('stop');
    await stream.close();
    expect(await recorded).toMatchObject({ durationMs: 1000 });
  });

  it('has another source of the peer at its time, wherever its timestamps begin', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const path = join(folder, 'source.wav');
    const recorded = stream.recordCall(path, 'stereo');
    await peer.speak(stream.local, 1000, VOICE);
    peer.ssrc++;
    peer.timestamp -= 3200;
    await peer.speak(stream.local, 1000, OTHER_VOICE);
    await stream.close();
    await recorded;
    expect(heardIn(await readFile(path))).toEqual([
      ...Array(10).fill(linearOf('PCMU', VOICE)),
      ...Array(10).fill(linearOf('PCMU', OTHER_VOICE)),
    ]);
  });

  it('leaves no decoder behind', async () => {
    const before = opusModule().liveStates;
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ codec: 'opus', payloadType: 111 });
    const encoder = new OpusEncoder();
    const recorded = stream.recordCall(join(folder, 'opus.wav'), 'mono');
    const target = new Uint8Array(400);
    for (let frame = 0; frame < 20; frame++) {
      const payload = target.slice(0, encoder.encode(new Int16Array(160).fill(frame * 100), target, 0));
      peer.sendRaw(stream.local, 111, peer.sequence++, peer.timestamp, payload);
      peer.timestamp += 960;
      await rig.clock.advance(20);
    }
    encoder.close();
    expect(opusModule().liveStates).toBeGreaterThan(before);
    await stream.close();
    await recorded;
    expect(opusModule().liveStates).toBe(before);
  });
});
