import { getEventListeners } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaRig, type RtpPeer } from '../../../test/support/media-rig.ts';
import { readWavHeader } from '../audio/wav.ts';
import type { RecordRules } from './media-port.ts';

const never = new AbortController().signal;
const SILENCE = 0xff;
/** Two codes of mu-law that decode to loud samples of different size. */
const VOICE = 0x90;
const OTHER_VOICE = 0xa0;

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorder-'));
});
afterAll(() => rm(folder, { recursive: true }));

function rules(changes: Partial<RecordRules> = {}): RecordRules {
  const path = join(folder, `${++files}.wav`);
  return { path, maxMs: 60_000, terminators: '#', silenceMs: 5_000, trimSilence: false, ...changes };
}

/** The recording as runs of equal samples: their level and how long they are. */
async function runsOf(path: string): Promise<string[]> {
  const bytes = await readFile(path);
  const { dataAt, frames } = readWavHeader(bytes);
  const runs: { level: string; samples: number }[] = [];
  for (let index = 0; index < frames; index++) {
    const sample = bytes.readInt16LE(dataAt + index * 2);
    const level = sample === 0 ? 'silence' : `level ${Math.abs(sample)}`;
    const last = runs.at(-1);
    if (last?.level === level) last.samples++;
    else runs.push({ level, samples: 1 });
  }
  return runs.map((run) => `${run.level} ${run.samples / 8} ms`);
}

/** The highest level of each frame of 20 ms, and its last sample. */
async function framesOf(path: string): Promise<Int16Array[]> {
  const bytes = await readFile(path);
  const { dataAt, frames } = readWavHeader(bytes);
  return Array.from({ length: frames / 160 }, (_, frame) =>
    Int16Array.from({ length: 160 }, (_, index) => Math.abs(bytes.readInt16LE(dataAt + (frame * 160 + index) * 2))),
  );
}
const peaksOf = async (path: string): Promise<number[]> => (await framesOf(path)).map((frame) => Math.max(...frame));
const endsOf = async (path: string): Promise<number[]> => (await framesOf(path)).map((frame) => frame[159] ?? 0);

const LOUD = 'level 15996';
const SOFT = 'level 7932';

async function recording(changes: Partial<RecordRules> = {}, signal = never) {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  await peer.speak(stream.local, 40);
  const wanted = rules(changes);
  const recorded = stream.record(wanted, signal);
  const speak = (durationMs: number, code: number): Promise<void> => peer.speak(stream.local, durationMs, code);
  return { rig, stream, peer, recorded, speak, path: wanted.path };
}

describe('record', () => {
  it('holds what was heard, in true time, until the longest time is over', async () => {
    const { recorded, speak, path } = await recording({ maxMs: 400 });
    await speak(100, VOICE);
    await speak(200, SILENCE);
    await speak(200, OTHER_VOICE);
    await expect(recorded).resolves.toEqual({ path, durationMs: 400, bytes: 44 + 6_400, why: 'max', heard: true });
    expect(await runsOf(path)).toEqual([`${LOUD} 100 ms`, 'silence 200 ms', `${SOFT} 100 ms`]);
  });

  it('makes up what was lost, fading to silence, and puts in place what came late or twice', async () => {
    const { rig, stream, peer, recorded, path } = await recording({ maxMs: 300 });
    const first = peer.sequence;
    const begin = peer.timestamp;
    const send = (frame: number): void =>
      peer.sendRaw(stream.local, 0, first + frame, begin + frame * 160, new Uint8Array(160).fill(frame === 4 ? OTHER_VOICE : VOICE));
    for (const frame of [0, 1, 5, 4, 1, 6]) {
      send(frame);
      await rig.clock.advance(20);
    }
    await rig.clock.advance(300);
    await expect(recorded).resolves.toMatchObject({ durationMs: 300 });
    const peaks = await peaksOf(path);
    expect([peaks[0], peaks[1], peaks[5], peaks[6]]).toEqual([15_996, 15_996, 15_996, 15_996]);
    expect(peaks[3]).toBeLessThan(15_996);
    expect(await endsOf(path)).toMatchObject({ 4: 7932, 6: 15_996 });
    expect(peaks.slice(7)).toEqual([15_996, expect.any(Number), expect.any(Number), 0, 0, 0, 0, 0]);
  });

  it('ends after silence, counted from the last voice', async () => {
    const { rig, recorded, speak } = await recording({ silenceMs: 1_000 });
    const startMs = rig.clock.now();
    let endMs = 0;
    void recorded.then(() => {
      endMs = rig.clock.now();
    });
    await speak(500, VOICE);
    await speak(800, SILENCE);
    await speak(500, VOICE);
    await speak(1_500, SILENCE);
    const result = await recorded;
    expect(result).toMatchObject({ why: 'silence', heard: true });
    expect(result.durationMs).toBeGreaterThanOrEqual(2_800);
    expect(result.durationMs).toBeLessThanOrEqual(3_040);
    expect(endMs - startMs).toBeLessThanOrEqual(3_300);
  });

  it('ends after silence also when nothing is received at all', async () => {
    const rig = new MediaRig();
    const { stream } = await rig.call();
    const wanted = rules({ silenceMs: 2_000 });
    const recorded = stream.record(wanted, never);
    await rig.clock.advance(2_300);
    await expect(recorded).resolves.toMatchObject({ why: 'silence', heard: false, durationMs: 2_240 });
    expect(await runsOf(wanted.path)).toEqual(['silence 2240 ms']);
  });

  it('goes on through silence when the rule for it is 0', async () => {
    const { recorded, speak } = await recording({ silenceMs: 0, maxMs: 8_000 });
    await speak(8_020, SILENCE);
    await expect(recorded).resolves.toMatchObject({ why: 'max', durationMs: 8_000, heard: false });
  });

  it('ends with a terminator, which is used up, and leaves other digits for collect', async () => {
    const { stream, peer, rig, recorded, speak } = await recording();
    await speak(200, VOICE);
    await peer.press(stream.local, '4#');
    await rig.clock.advance(20);
    await expect(recorded).resolves.toMatchObject({ why: 'terminator', heard: true });
    await expect(stream.collect({ max: 1, terminators: '#', firstMs: 0, betweenMs: 0 }, never)).resolves.toEqual({
      digits: '4',
      why: 'complete',
    });
    const none = stream.collect({ max: 1, terminators: '#', firstMs: 0, betweenMs: 0 }, never);
    await rig.clock.advance(0);
    await expect(none).resolves.toEqual({ digits: '', why: 'timeout' });
  });

  it('trims silence before the first voice and after the last, but for 100 ms', async () => {
    const { recorded, speak, path } = await recording({ trimSilence: true, silenceMs: 1_000 });
    await speak(600, SILENCE);
    await speak(200, VOICE);
    await speak(400, SILENCE);
    await speak(200, VOICE);
    await speak(1_400, SILENCE);
    await expect(recorded).resolves.toMatchObject({ why: 'silence', durationMs: 1_000, bytes: 44 + 16_000 });
    expect(await runsOf(path)).toEqual(['silence 100 ms', `${LOUD} 200 ms`, 'silence 400 ms', `${LOUD} 200 ms`, 'silence 100 ms']);
  });

  it('trims a recording of nothing to nothing', async () => {
    const { recorded, speak, path } = await recording({ trimSilence: true, silenceMs: 500 });
    await speak(900, SILENCE);
    await expect(recorded).resolves.toMatchObject({ durationMs: 0, heard: false, bytes: 44 });
    expect(await runsOf(path)).toEqual([]);
  });

  it('keeps what was heard when it is aborted, and when the stream closes', async () => {
    for (const end of ['abort', 'close'] as const) {
      const controller = new AbortController();
      const { stream, recorded, speak, path } = await recording({}, controller.signal);
      await speak(300, VOICE);
      if (end === 'abort') controller.abort();
      else await stream.close();
      await expect(recorded).resolves.toMatchObject({ why: 'aborted', durationMs: 300, heard: true });
      expect(await runsOf(path)).toEqual([`${LOUD} 300 ms`]);
      await stream.close();
    }
  });

  it('takes over another source of the peer without a break', async () => {
    const { peer, recorded, speak, path } = await recording({ maxMs: 200 });
    await speak(100, VOICE);
    peer.ssrc++;
    peer.sequence = 7;
    peer.timestamp = 4_000_000_000;
    await speak(120, OTHER_VOICE);
    await recorded;
    expect(await runsOf(path)).toEqual([`${LOUD} 100 ms`, `${SOFT} 100 ms`]);
  });

  it('records A-law as well', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ codec: 'PCMA', payloadType: 8 });
    const wanted = rules({ maxMs: 100 });
    const recorded = stream.record(wanted, never);
    await peer.speak(stream.local, 120, 0x55 ^ 0x3f, 8);
    await recorded;
    expect(await runsOf(wanted.path)).toHaveLength(1);
    expect((await recorded).heard).toBe(true);
  });

  it('refuses a second recording at the same time, and one that is aborted already', async () => {
    const { stream, recorded } = await recording();
    await expect(stream.record(rules(), never)).rejects.toThrow('already');
    await stream.close();
    await recorded;
    const other = (await new MediaRig().call()).stream;
    await expect(other.record(rules(), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('rejects with what the disk said, and the stream goes on', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call();
    const recorded = stream.record(rules({ path: join(folder, 'missing', 'x.wav'), maxMs: 40 }), never);
    const failed = expect(recorded).rejects.toMatchObject({ code: 'ENOENT' });
    await rig.clock.advance(100);
    await failed;
    expect(peer.received.length).toBe(6);
    await stream.close();
    await rig.clock.advance(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('does not leave a listener on the signal', async () => {
    const controller = new AbortController();
    const { recorded, speak } = await recording({ maxMs: 100 }, controller.signal);
    await speak(120, VOICE);
    const before = await recorded;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    expect(before.why).toBe('max');
    expect(await recorded).toBe(before);
  });

  it('moves sound of a jittery network into its place', async () => {
    const rig = new MediaRig({ faults: { delayMs: { min: 0, max: 80 } } });
    const { stream, peer } = await rig.call();
    await speakNumbers(peer, rig, stream.local, 20);
    const wanted = rules({ maxMs: 2_000 });
    const recorded = stream.record(wanted, never);
    await speakNumbers(peer, rig, stream.local, 110);
    await recorded;
    const levels = (await runsOf(wanted.path)).filter((run) => run.startsWith('level')).map((run) => Number(run.split(' ')[1]));
    expect(levels.length).toBeGreaterThan(60);
    const descents = levels.filter((level, index) => index > 0 && level > (levels[index - 1] ?? 0)).length;
    expect(descents).toBeLessThanOrEqual(1);
  });
});

/** Frames whose levels sink from one to the next, so that their order can be heard. */
async function speakNumbers(peer: RtpPeer, rig: MediaRig, to: RtpPeer['endpoint'], frames: number): Promise<void> {
  for (let frame = 0; frame < frames; frame++) {
    peer.sendAudio(to, 0x80 + (frame % 112));
    await rig.clock.advance(20);
  }
}
