import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeardAudio } from './heard-audio.ts';
import type { AudioCodec } from './media-port.ts';

/** Codes of mu-law whose samples sink, one level after the other. */
const codeOf = (number: number): number => 0x81 + (number % 100);

function setUp() {
  const taps: { length: number; position: number; arrivalMs: number }[] = [];
  let restarts = 0;
  const heard = new HeardAudio({
    taken: (samples, position, arrivalMs) => {
      // Several packets may be handed over together.
      const frames = Math.max(1, samples.length / 160);
      for (let at = 0; at < frames; at++) {
        taps.push({ length: samples.length / frames, position: position + at * 160, arrivalMs: arrivalMs + at * 20 });
      }
    },
    restarted: () => restarts++,
  });
  const put = (number: number, nowMs: number, { samples = 160, codec = 'PCMU' as AudioCodec, jump = 0, isNewest = true } = {}): void =>
    heard.put(
      codec,
      new Uint8Array(samples).fill(codeOf(number)),
      number & 0xffff,
      (1000 + number * samples + jump) >>> 0,
      isNewest,
      nowMs,
    );
  return { heard, put, taps, restarts: () => restarts };
}

/** Plays `frames` packets of so many samples through, and answers the frames that come out. */
function playThrough(frames: number, samples: number): number[][] {
  const { heard, put } = setUp();
  const out: number[][] = [];
  let sent = 0;
  for (let nowMs = 0; out.length < frames; nowMs += 20) {
    for (; sent * samples <= nowMs * 8; sent++) put(sent, nowMs, { samples });
    out.push([...heard.take(nowMs)]);
  }
  return out;
}

describe('HeardAudio', () => {
  it.each([80, 160, 240, 320, 480])('gives frames of 20 ms whatever the packets are: %i samples', (samples) => {
    const heard = playThrough(200, samples).flat();
    const first = heard.findIndex((sample) => sample !== 0);
    expect(first).toBeGreaterThan(0);
    const steps = heard.flatMap((sample, at) => (at > first && sample !== heard[at - 1] ? [at] : []));
    const lengths = steps.slice(1).map((at, index) => at - (steps[index] ?? 0));
    // But for the frame that may be left out at the beginning, when less delay turns out to be enough.
    expect(lengths.slice(-10)).toEqual(new Array(10).fill(samples));
  });

  it('hands everything to the tap in order, in the time of the sender', () => {
    const { heard, put, taps, restarts } = setUp();
    for (let number = 0; number < 50; number++) {
      put(number, number * 20 + (number % 3) * 5);
      heard.take(number * 20 + 19);
    }
    heard.drain();
    expect(taps).toHaveLength(50);
    expect(taps.map(({ length, arrivalMs }) => [length, arrivalMs])).toEqual(taps.map((_, number) => [160, number * 20]));
    expect(restarts()).toBe(0);
  });

  it('makes up what is lost, three frames at most, and counts it', () => {
    const { heard, put } = setUp();
    const levels: number[] = [];
    for (let number = 0; number < 60; number++) {
      if (number < 30 || number >= 40) put(0, number * 20, { jump: number * 160 });
      levels.push(Math.max(...heard.take(number * 20)));
    }
    const [loud = 0] = levels.slice(-1);
    const gap = levels.slice(30, 45).filter((level) => level < loud);
    expect(levels.filter((level) => level === 0).length).toBeGreaterThanOrEqual(6);
    expect(gap.filter((level) => level > 0).length).toBeGreaterThanOrEqual(2);
    expect(heard.counts.concealed).toBe(3);
  });

  it('makes nothing up while the sender sends digits', () => {
    const { heard, put } = setUp();
    for (let number = 0; number < 20; number++) {
      if (number < 10) put(number, number * 20);
      else heard.pause();
      heard.take(number * 20);
    }
    expect([...heard.take(400)].every((sample) => sample === 0)).toBe(true);
    expect(heard.counts.concealed).toBe(0);
  });

  it('makes noise in the pause that asks for it, and none in a later one', () => {
    const { heard, put } = setUp();
    const loudest = [0, 0];
    for (let number = 0; number < 40; number++) {
      if (number < 5 || (number >= 15 && number < 25)) put(0, number * 20, { jump: number * 160 });
      else if (number === 5) heard.putNoise(Uint8Array.of(20), number, 1000 + number * 160, true, number * 20);
      else if (number >= 25) heard.pause();
      const loud = Math.max(...heard.take(number * 20).map(Math.abs));
      if (number >= 10 && number < 15) loudest[0] = Math.max(loudest[0] ?? 0, loud);
      if (number >= 32) loudest[1] = Math.max(loudest[1] ?? 0, loud);
    }
    expect(loudest).toEqual([expect.closeTo(32_768 * 0.1 * Math.sqrt(3), -3), 0]);
  });

  it('takes another codec, and a jump, without losing what waits', () => {
    const { heard, put, taps, restarts } = setUp();
    for (let number = 0; number < 5; number++) put(number, number * 20);
    for (let number = 5; number < 10; number++) put(number, number * 20, { codec: 'PCMA' });
    for (let number = 10; number < 15; number++) put(number, number * 20, { codec: 'PCMA', jump: 1_000_000 });
    heard.drain();
    expect([taps.length, restarts()]).toEqual([15, 2]);
    expect(heard.counts).toMatchObject({ jumps: 2, discarded: 0, tooLate: 0 });
  });

  it('plays on after the beat stood still', () => {
    const { heard, put } = setUp();
    let last = 0;
    for (let number = 0; number < 100; number++) {
      put(number, number * 20);
      if (number === 50) heard.skip(20);
      if (number < 30 || number >= 50) last = Math.max(...heard.take(number * 20));
    }
    expect(last).toBeGreaterThan(0);
    expect(heard.counts.discarded + heard.counts.concealed).toBeLessThan(4);
  });

  it('always gives a frame, whatever comes', () => {
    const packet = fc.record({
      samples: fc.oneof(fc.constantFrom(0, 1, 80, 160, 240, 1600, 1601), fc.nat(2000)),
      sequence: fc.nat(0xffff),
      timestamp: fc.oneof(fc.nat(4000), fc.nat(0xffff_ffff)),
      isNewest: fc.boolean(),
      codec: fc.constantFrom<AudioCodec>('PCMU', 'PCMU', 'PCMU', 'PCMA'),
      afterMs: fc.nat(60),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 80 }), (packets) => {
        const { heard } = setUp();
        let nowMs = 0;
        let dueMs = 0;
        for (const { samples, sequence, timestamp, isNewest, codec, afterMs } of packets) {
          heard.put(codec, new Uint8Array(samples).fill(0x90), sequence, timestamp, isNewest, nowMs);
          for (nowMs += afterMs; dueMs <= nowMs; dueMs += 20) expect(heard.take(dueMs)).toHaveLength(160);
        }
        heard.drain();
      }),
      { numRuns: 500, seed: 6 },
    );
  });

  it('gathers the same for the tap as it plays, whatever order packets come in, and whoever listens when', () => {
    const late = fc.record({ lost: fc.boolean(), lateMs: fc.nat(38) });
    const change = fc.record({ atMs: fc.nat(2000), plays: fc.boolean() });
    fc.assert(
      fc.property(fc.array(late, { minLength: 60, maxLength: 100 }), fc.array(change, { maxLength: 6 }), (packets, changes) => {
        const order = packets
          .map(({ lost, lateMs }, number) => ({ number, lost: lost && number % 7 === 6, atMs: number * 20 + (number === 0 ? 0 : lateMs) }))
          .filter(({ lost }) => !lost)
          .sort((left, right) => left.atMs - right.atMs);
        const { heard, put, taps } = setUp();
        const waiting = [...order];
        let plays = false;
        let newest = -1;
        for (let nowMs = 0; nowMs < packets.length * 20 + 600; nowMs++) {
          for (let packet = waiting[0]; packet && packet.atMs <= nowMs; packet = waiting[0]) {
            waiting.shift();
            put(packet.number, nowMs, { isNewest: packet.number > newest });
            newest = Math.max(newest, packet.number);
          }
          const next: boolean = changes.find(({ atMs }) => atMs === nowMs)?.plays ?? plays;
          if (next && !plays) heard.hold(nowMs);
          plays = next;
          if (plays && nowMs % 20 === 0) heard.take(nowMs);
          if (!plays && nowMs % 200 === 0) heard.gather(nowMs);
        }
        const positions = taps.map(({ position }) => position);
        expect(positions).toEqual([...positions].sort((left, right) => left - right));
        const { tooLate, discarded } = heard.counts;
        const came = new Set(positions);
        const missed = order.filter(({ number }) => !came.has(1000 + number * 160));
        expect(missed.length).toBeLessThanOrEqual(tooLate + discarded);
        if (changes.every((each) => !each.plays)) expect([tooLate, discarded]).toEqual([0, 0]);
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  it('waits for what is late, and then makes it up, when it gathers', () => {
    const { heard, put, taps } = setUp();
    for (let number = 0; number < 20; number++) if (number !== 5) put(number, number * 20);
    heard.gather(20 * 5 + 199);
    expect(taps).toHaveLength(5);
    heard.gather(20 * 5 + 201);
    expect(taps).toHaveLength(20);
    expect(heard.counts).toMatchObject({ concealed: 1, tooLate: 0 });
  });

  it('keeps the time of a sender that pauses, and of a beat that stands still, when it gathers', () => {
    const { heard, put, taps } = setUp();
    for (let number = 0; number < 10; number++) put(number, number * 20);
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 200) heard.gather(nowMs);
    put(3000, 60_000);
    heard.gather(60_200);
    expect(taps.at(-1)).toMatchObject({ position: 1000 + 3000 * 160, arrivalMs: 60_000 });
    heard.gather(36_000_000);
    put(1_800_000, 36_000_000);
    heard.gather(36_000_001);
    expect(taps.at(-1)?.arrivalMs).toBe(36_000_000);
    expect(heard.counts.concealed).toBe(3);
  });
});
