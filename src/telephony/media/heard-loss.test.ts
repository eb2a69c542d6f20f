import { describe, expect, it } from 'vitest';
import { recordedSamples } from '../../../test/support/recorded-samples.ts';
import { OpusDecoder, OpusEncoder } from '../audio/opus.ts';
import { opusModule } from '../audio/opus-module.ts';
import { HeardAudio } from './heard-audio.ts';

const LOUD = 0x81;
const loudest = (samples: Int16Array): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

/** A listener, and a source of mu-law frames of 20 ms. Frame n is of time n * 20. */
function listening() {
  const taken: { length: number; position: number }[] = [];
  let restarts = 0;
  const heard = new HeardAudio({
    taken: (samples, position) => taken.push({ length: samples.length, position }),
    restarted: () => restarts++,
  });
  const put = (frame: number, nowMs = frame * 20, code = LOUD, samples = 160): void =>
    heard.put('PCMU', new Uint8Array(samples).fill(code), frame, frame * 160, true, nowMs);
  /** Plays from one frame to another: what `says` answers for each comes, if anything. */
  const play = (from: number, to: number, says: (frame: number) => boolean = () => true): Int16Array[] =>
    Array.from({ length: to - from }, (_, index) => {
      if (says(from + index)) put(from + index);
      return heard.take((from + index) * 20).slice();
    });
  return { heard, taken, put, play, restarts: () => restarts };
}

describe('audio that was lost', () => {
  it('is made up again at each loss, and the silence after that is no audio for a recording', () => {
    const { heard, taken, play } = listening();
    play(0, 100, (frame) => !(frame >= 30 && frame < 35) && !(frame >= 60 && frame < 65));
    heard.drain();
    expect(heard.counts.concealed).toBe(6);
    // 90 came, and of each loss three frames were made up.
    expect(taken).toHaveLength(96);
  });

  it('is told to whom the difference matters, and what came is not', () => {
    const { heard, put } = listening();
    const madeUp: number[] = [];
    for (let frame = 0; frame < 60; frame++) {
      if (frame !== 30) put(frame);
      heard.take(frame * 20);
      if (heard.isMadeUp) madeUp.push(frame);
    }
    expect(madeUp).toHaveLength(1);
    expect(heard.counts.concealed).toBe(1);
  });

  it('is also a frame that is played in the place of one to come, because the source is slower than we are', () => {
    const { heard, put } = listening();
    let [frame, repeated, told] = [0, 0, 0];
    for (let nowMs = 0; nowMs < 8000; nowMs += 20) {
      for (; frame * 20.2 <= nowMs; frame++) put(frame, frame * 20.2);
      heard.take(nowMs);
      if (heard.counts.repeated === repeated) continue;
      repeated = heard.counts.repeated;
      if (heard.isMadeUp) told++;
    }
    expect(repeated).toBeGreaterThan(1);
    expect(told).toBe(repeated);
  });

  it('is taken from the copy in the packet that follows, when the codec has one (Opus)', () => {
    const encoder = new OpusEncoder();
    const target = new Uint8Array(400);
    let phase = 0;
    // Something like a voice, of which one packet is lost.
    const packets = Array.from({ length: 60 }, (_, frame) => {
      const samples = Int16Array.from({ length: 160 }, (_sample, index) => {
        phase += (2 * Math.PI * (120 + 40 * Math.sin((frame * 160 + index) / 900))) / 8000;
        return Math.round(6000 * (Math.sin(phase) + Math.sin(4 * phase) + Math.sin(9 * phase)) * 0.4);
      });
      return target.slice(0, encoder.encode(samples, target, 0));
    });
    encoder.close();
    const whole = samplesOf(packets);
    const states = opusModule().liveStates;
    const lost = new Int16Array(160);
    const frames: Int16Array[] = [];
    const heard = new HeardAudio({ taken: (audio) => frames.push(recordedSamples(audio).slice()), restarted: () => {} });
    packets.forEach((packet, frame) => {
      if (frame !== 40) heard.put('opus', packet, frame, frame * 960, true, frame * 20);
      heard.take(frame * 20);
    });
    heard.drain();
    heard.close();
    heard.close();
    expect(opusModule().liveStates).toBe(states);
    expect(frames).toHaveLength(60);
    lost.set(frames[40] ?? []);
    const right = whole[40] ?? new Int16Array(0);
    const power = (samples: Int16Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);
    expect(power(lost.map((sample, index) => sample - (right[index] ?? 0)))).toBeLessThan(power(right) / 4);
  });
});

function samplesOf(packets: readonly Uint8Array[]): Int16Array[] {
  const decoder = new OpusDecoder();
  const samples = new Int16Array(5760);
  const all = packets.map((packet) => samples.slice(0, decoder.decode(packet, samples)));
  decoder.close();
  return all;
}

describe('a pause of the source', () => {
  it('is no audio for a recording, and silent, unless the source says what noise it has', () => {
    const { heard, taken, play } = listening();
    play(0, 20);
    heard.pause();
    const before = taken.length;
    const quiet = play(20, 40, () => false);
    // What waited is heard first.
    expect(quiet.slice(-10).map(loudest)).toEqual(Array(10).fill(0));
    expect(taken.length - before).toBeLessThan(5);
  });

  it('has its noise no longer than until the source speaks again', () => {
    const { heard, play } = listening();
    play(0, 20);
    heard.putNoise(Uint8Array.of(20), 20, 20 * 160, true, 400);
    const noisy = play(20, 30, () => false).slice(-3);
    expect(noisy.every((frame) => loudest(frame) > 1000)).toBe(true);
    play(30, 50);
    heard.pause();
    expect(
      play(50, 60, () => false)
        .slice(-3)
        .map(loudest),
    ).toEqual([0, 0, 0]);
  });
});

describe('the beat of a listener', () => {
  it('that stood still takes what it left out to the tap; after half a second it begins anew', () => {
    const { heard, taken, put, play, restarts } = listening();
    play(0, 20);
    for (let frame = 20; frame < 26; frame++) put(frame);
    const before = taken.length;
    heard.skip(5);
    expect([taken.length - before, restarts()]).toEqual([5, 0]);
    heard.skip(25);
    expect(restarts()).toBe(0);
    heard.skip(26);
    expect(restarts()).toBe(1);
  });

  it('plays two frames in the time of one when it is too far behind: the first fades into the second', () => {
    const { heard, put } = listening();
    const levels = [0x80, 0x90, 0xa0, 0xb0, 0xc0];
    let faded: Int16Array | undefined;
    for (let frame = 0; frame < 400 && !faded; frame++) {
      put(frame, frame * 20, levels[frame % levels.length]);
      const before = heard.counts.skipped;
      const out = heard.take(frame * 20 + 19);
      if (heard.counts.skipped > before) faded = out.slice();
    }
    const [first = 0, last = 0] = [faded?.[0], faded?.[159]];
    expect(new Set(faded).size).toBeGreaterThan(50);
    expect(Math.abs(first - last)).toBeGreaterThan(500);
  });

  it('plays audio once that two packets have', () => {
    const { heard, put, taken } = listening();
    for (let frame = 0; frame < 40; frame++) {
      put(frame, frame * 20, LOUD, 240);
      heard.take(frame * 20);
    }
    heard.drain();
    expect(heard.counts.discarded).toBe(0);
    expect(taken.map(({ length }) => length)).toEqual([240, ...Array(39).fill(160)]);
  });
});
