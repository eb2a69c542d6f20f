import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../wire/wire.ts';
import { newRtpHeader } from '../rtp/packet.ts';
import { Latch } from './latch.ts';

const told = { address: '192.0.2.1', port: 4000 };
const otherPort = { ...told, port: 50_123 };
const elsewhere = { address: '198.51.100.9', port: 5000 };
const SSRC = 7;

/** A latch on the peer's stream, and what comes to it: one packet each 20 ms. */
class Scene {
  readonly latch = new Latch();
  nowMs = 0;

  constructor(lastSequence = 100) {
    this.latch.aim(told);
    this.packet(told, lastSequence);
  }

  packet(from: Endpoint, sequence: number, ssrc = SSRC, isAuthentic = false): boolean {
    return this.latch.accept(from, { ...newRtpHeader(), sequence: sequence & 0xffff, ssrc }, this.nowMs, isAuthentic);
  }

  /** Answers after how many ms the packets from there were taken; undefined when they were not for 10 s. */
  until(from: Endpoint, first: number, ssrc = SSRC): number | undefined {
    const begunMs = this.nowMs;
    for (let sent = 0; sent < 500; sent++) {
      if (this.packet(from, first + sent, ssrc)) return this.nowMs - begunMs;
      this.nowMs += 20;
    }
    return undefined;
  }
}

describe('a peer whose NAT gives it another port or address', () => {
  it.each([
    ['another port', otherPort, 500],
    ['another address', elsewhere, 2_000],
  ] as const)('is found at %s when its own source goes on there', (_what, from, silentMs) => {
    const scene = new Scene(65_530);
    const takenMs = scene.until(from, 65_531);
    expect(takenMs).toBeGreaterThanOrEqual(silentMs);
    expect(takenMs).toBeLessThan(silentMs + 100);
    expect([scene.latch.target, scene.latch.moves]).toEqual([from, 1]);
    expect(scene.packet(told, 100)).toBe(false);
  });

  it('may move again and again, and back', () => {
    const scene = new Scene(0);
    let sequence = 1;
    for (const from of [otherPort, told, elsewhere, told]) {
      const takenMs = scene.until(from, sequence);
      expect(takenMs).toBeDefined();
      sequence += (takenMs ?? 0) / 20 + 1;
    }
    expect([scene.latch.target, scene.latch.moves]).toEqual([told, 2]);
  });

  it('may begin a new source at another port after two seconds, but not at another address', () => {
    expect(new Scene().until(otherPort, 40_000, 99)).toBeGreaterThanOrEqual(2_000);
    expect(new Scene().until(elsewhere, 40_000, 99)).toBeUndefined();
  });

  it('is followed at once when SRTP proves that it is the peer', () => {
    const scene = new Scene();
    scene.nowMs += 20;
    expect(scene.packet(elsewhere, 101, SSRC, true)).toBe(true);
    expect([scene.latch.target, scene.latch.moves]).toEqual([elsewhere, 1]);
  });

  it('is not followed back by packets that were under way, though SRTP proves that they are its own', () => {
    const scene = new Scene();
    scene.packet(elsewhere, 103, SSRC, true);
    expect(scene.packet(told, 102, SSRC, true)).toBe(true);
    expect([scene.latch.target, scene.latch.moves]).toEqual([elsewhere, 1]);
  });

  it('settles the search when SRTP proves that it is the peer, wherever it is', () => {
    const latch = new Latch();
    latch.aim(told);
    expect(latch.accept(elsewhere, { ...newRtpHeader(), sequence: 5, ssrc: SSRC }, 0, true)).toBe(true);
    expect([latch.target, latch.settled, latch.moves]).toEqual([elsewhere, true, 0]);
  });
});

describe('somebody else', () => {
  it('never takes a stream that runs, whatever is sent and however often', () => {
    const attack = fc.record({
      from: fc.constantFrom(otherPort, elsewhere),
      ssrc: fc.constantFrom(SSRC, SSRC, 99),
      ahead: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.nat(65_535)),
      packets: fc.integer({ min: 1, max: 40 }),
      // The peer's own path may falter for just less than half a second.
      pauseMs: fc.constantFrom(20, 20, 20, 240, 480),
    });
    fc.assert(
      fc.property(fc.array(attack, { minLength: 1, maxLength: 60 }), (attacks) => {
        const scene = new Scene();
        let sequence = 100;
        for (const { from, ssrc, ahead, packets, pauseMs } of attacks) {
          scene.nowMs += pauseMs;
          for (let sent = 0; sent < packets; sent++) expect(scene.packet(from, sequence + ahead + sent, ssrc)).toBe(false);
          expect(scene.packet(told, ++sequence)).toBe(true);
        }
        expect([scene.latch.target, scene.latch.moves]).toEqual([told, 0]);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it.each([
    ['another source', 101, 99],
    ['a sequence that begins anew', 40_000, SSRC],
    ['a sequence that is behind', 20, SSRC],
    ['a sequence that is further on than the time', 101 + 700, SSRC],
  ])('does not take one that is silent with %s', (_what, first, ssrc) => {
    const scene = new Scene();
    scene.nowMs += 3_000;
    for (let sent = 0; sent < 50; sent++) expect(scene.packet(elsewhere, first + sent, ssrc)).toBe(false);
    expect(scene.packet(told, 101)).toBe(true);
  });

  it('does not take one that is silent with copies of a packet, holes, or from several ports', () => {
    const scene = new Scene();
    scene.nowMs += 3_000;
    for (let sent = 0; sent < 50; sent++) {
      expect(scene.packet(otherPort, 101)).toBe(false);
      expect(scene.packet(elsewhere, 101 + sent * 2)).toBe(false);
      expect(scene.packet({ ...told, port: 6000 + (sent % 2) }, 101 + sent)).toBe(false);
    }
    expect(scene.latch.target).toEqual(told);
  });
});
