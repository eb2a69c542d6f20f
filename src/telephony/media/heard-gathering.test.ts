import { describe, expect, it } from 'vitest';
import { recordedSamples } from '../../../test/support/recorded-samples.ts';
import { decodeG711 } from '../audio/g711.ts';
import { LossConcealment } from '../audio/loss-concealment.ts';
import { HeardAudio } from './heard-audio.ts';
import { runPlacesInUse } from './run-memory.ts';

function sampleOf(code: number, codec: 'PCMU' | 'PCMA' = 'PCMU'): number {
  const samples = new Int16Array(1);
  decodeG711(codec, Uint8Array.of(code), samples);
  return samples[0] ?? 0;
}

/** A stream with nobody but a tap, and packets of so many samples of one code. */
function setUp(samples: number) {
  const positions: number[] = [];
  // Several packets may be handed over together.
  const taken = ({ length }: { readonly length: number }, position: number): void => {
    for (let at = 0; at < length; at += samples) positions.push(position + at);
  };
  const heard = new HeardAudio({ restarted() {}, taken });
  const put = (number: number, code: number, nowMs = (number * samples) / 8): void =>
    heard.put('PCMU', new Uint8Array(samples).fill(code), number, number * samples, true, nowMs);
  return { heard, put, positions };
}

describe('audio that is only gathered', () => {
  it('waits also while it is not looked at yet', () => {
    const { heard, put, positions } = setUp(160);
    put(0, 0x90);
    heard.gather(0);
    expect([heard.waits, positions]).toEqual([false, [0]]);
    put(1, 0x90);
    expect([heard.waits, positions]).toEqual([true, [0]]);
    heard.drain();
    expect([heard.waits, positions]).toEqual([false, [0, 160]]);
  });

  it('leaves nothing that waits when it is closed', () => {
    const before = runPlacesInUse();
    const { heard, put } = setUp(160);
    put(0, 0x90);
    heard.gather(0);
    for (let number = 1; number < 4; number++) put(number, 0x90);
    expect(runPlacesInUse()).toBe(before + 1);
    heard.close();
    expect([runPlacesInUse(), heard.waits]).toEqual([before, false]);
  });

  it('leaves nothing of what was played before to be heard when it is played again', () => {
    const [before, after] = [0x90, 0xa0];
    const { heard, put } = setUp(240);
    // Of each packet of 30 ms a half frame waits to be played.
    for (let nowMs = 0; nowMs <= 120; nowMs += 10) {
      if (nowMs % 30 === 0) put(nowMs / 30, before);
      if (nowMs % 20 === 0) heard.take(nowMs);
    }
    for (let nowMs = 130; nowMs <= 1000; nowMs += 10) {
      if (nowMs % 30 === 0) put(nowMs / 30, after);
      if (nowMs % 200 === 0) heard.gather(nowMs);
    }
    heard.hold(1000);
    const played = new Set<number>();
    for (let nowMs = 1010; nowMs <= 1300; nowMs += 10) {
      if (nowMs % 30 === 0) put(nowMs / 30, after);
      if (nowMs % 20 === 0) for (const sample of heard.take(nowMs)) played.add(sample);
    }
    expect(played.has(sampleOf(after))).toBe(true);
    expect(played.has(sampleOf(before))).toBe(false);
  });

  it('does not begin with the noise of a pause', () => {
    const { heard } = setUp(160);
    heard.putNoise(Uint8Array.of(40), 0, 0, true, 0);
    expect(heard.waits).toBe(false);
  });

  it('has the noise of a pause that was told of right after the first packet', () => {
    const { heard, put, positions } = setUp(160);
    heard.gather(0);
    put(0, 0x90);
    heard.putNoise(Uint8Array.of(40), 1, 160, true, 20);
    heard.put('PCMU', new Uint8Array(160).fill(0x90), 2, 5 * 160, true, 100);
    heard.gather(300);
    expect(positions).toEqual([0, 160, 320, 480, 640, 800]);
  });

  it('goes on from what came together when something is lost, and back into what comes together without a click', () => {
    const samples: number[] = [];
    const heard = new HeardAudio({ restarted() {}, taken: (audio) => void samples.push(...recordedSamples(audio)) });
    const voice = (number: number): Uint8Array => Uint8Array.from({ length: 160 }, (_, index) => 0x90 + ((number * 160 + index) % 57));
    const put = (number: number, lateMs = 0): void => heard.put('PCMU', voice(number), number, number * 160, true, number * 20 + lateMs);
    heard.gather(0);
    for (let number = 0; number < 20; number++) put(number);
    heard.gather(400);
    // What follows is made up when it is so late, and from then on everything is.
    heard.gather(615);
    for (let number = 21; number < 30; number++) put(number, 205);
    heard.gather(800);

    const expected = new LossConcealment();
    const wholeOf = (first: number, end: number): Int16Array => {
      const bytes = new Uint8Array((end - first) * 160);
      for (let number = first; number < end; number++) bytes.set(voice(number), (number - first) * 160);
      const decoded = new Int16Array(bytes.length);
      decodeG711('PCMU', bytes, decoded);
      expected.heard(decoded);
      return decoded;
    };
    const before = wholeOf(0, 20);
    const lost = new Int16Array(160);
    expected.conceal(lost);
    expect(samples).toEqual([...before, ...lost, ...wholeOf(21, 30)]);
  });

  it('takes nothing for lost while the source sends digits', () => {
    const { heard, put } = setUp(160);
    heard.gather(0);
    for (let number = 0; number < 10; number++) put(number, 0x90);
    heard.pause();
    heard.gather(200);
    heard.gather(600);
    expect(heard.counts.concealed).toBe(0);
  });

  it('keeps the order of more packets than it notes at a time', () => {
    const { heard, put, positions } = setUp(160);
    heard.gather(0);
    put(0, 0x90);
    heard.gather(0);
    for (let number = 1; number < 200; number++) put(number, 0x90);
    heard.gather(4000);
    expect(positions).toEqual(Array.from({ length: 200 }, (_, number) => number * 160));
    expect(heard.counts).toMatchObject({ tooLate: 0, discarded: 0 });
  });

  it('is decoded by the codec that it came in when that changes', () => {
    const taken: number[] = [];
    const heard = new HeardAudio({ taken: (audio) => taken.push(recordedSamples(audio)[0] ?? 0), restarted: () => taken.push(Number.NaN) });
    heard.gather(0);
    const codecs = ['PCMU', 'PCMU', 'PCMA', 'PCMA'] as const;
    codecs.forEach((codec, number) => {
      heard.put(codec, new Uint8Array(160).fill(0x90), number, number * 160, true, number * 20);
      heard.gather(number * 20);
    });
    const [mu, a] = [sampleOf(0x90), sampleOf(0x90, 'PCMA')];
    expect(taken.filter((_, index) => index < 5)).toEqual([mu, mu, Number.NaN, a, a]);
  });

  it('begins anew where it would when it were played: at what comes half a second too early', () => {
    const jumps = [false, true].map((isGathered) => {
      const { heard, put } = setUp(160);
      heard.gather(0);
      put(0, 0x90, 0);
      heard.gather(0);
      if (!isGathered) heard.hold(0);
      for (let number = 1; number < 30; number++) put(number, 0x90, 0);
      heard.gather(200);
      return heard.counts.jumps;
    });
    expect(jumps).toEqual([1, 1]);
  });

  it('throws away what is too long for audio, and does nothing for what is empty', () => {
    const { heard, put, positions } = setUp(160);
    heard.gather(0);
    put(0, 0x90);
    heard.gather(0);
    heard.put('PCMU', new Uint8Array(0), 1, 160, true, 20);
    heard.put('PCMU', new Uint8Array(2000), 2, 160, true, 20);
    put(1, 0x90);
    heard.gather(100);
    expect([positions, heard.counts.discarded]).toEqual([[0, 160], 1]);
  });

  it('takes a packet that comes late at its time for an old one, and not for the next', () => {
    const { heard, put, positions } = setUp(160);
    heard.gather(0);
    put(0, 0x90);
    heard.gather(0);
    heard.put('PCMU', new Uint8Array(160).fill(0x90), 2, 320, true, 40);
    heard.put('PCMU', new Uint8Array(160).fill(0x90), 1, 160, false, 45);
    put(3, 0x90);
    heard.gather(100);
    expect([positions, heard.counts.tooLate]).toEqual([[0, 160, 320, 480], 0]);
  });

  it('is held back anew when it is played, for what comes unevenly', () => {
    const { heard, put } = setUp(160);
    /** Every other packet comes 15 ms late. */
    const come = (nowMs: number): void => {
      if (nowMs % 40 === 0) put(nowMs / 20, 0x90, nowMs);
      if (nowMs % 40 === 35) put((nowMs - 15) / 20, 0x90, nowMs);
    };
    for (let nowMs = 0; nowMs <= 1000; nowMs += 5) {
      come(nowMs);
      if (nowMs % 200 === 0) heard.gather(nowMs);
    }
    heard.hold(1000);
    for (let nowMs = 1005; nowMs <= 1200; nowMs += 5) {
      come(nowMs);
      if (nowMs % 20 === 0) heard.take(nowMs);
    }
    expect(heard.counts).toMatchObject({ concealed: 0, repeated: 0, tooLate: 0 });
  });
});
