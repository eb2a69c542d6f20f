import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeG711, type G711Codec } from '../audio/g711.ts';
import type { AudioCodec } from './media-port.ts';
import { PacketRun } from './packet-run.ts';
import { runPlacesInUse } from './run-memory.ts';

/** How a packet strays from the sequence. */
interface Stray {
  readonly length?: number;
  readonly codec?: G711Codec;
  readonly jump?: number;
  readonly lateMs?: number;
}

interface Packet {
  readonly codec: G711Codec;
  readonly payload: Uint8Array;
  readonly timestamp: number;
  readonly nowMs: number;
}

const FIRST_TIMESTAMP = 0xffff_ff00;

/** One of a sequence of packets, with what makes it stray from that. */
function packet(
  number: number,
  { length = 160, codec = 'PCMU', jump = 0, lateMs = 0, startMs = 1000 }: Stray & { readonly startMs?: number } = {},
): Packet {
  const payload = Uint8Array.from({ length }, (_, index) => number * 31 + index);
  return { codec, payload, timestamp: (FIRST_TIMESTAMP + number * length + jump) >>> 0, nowMs: startMs + (number * length) / 8 + lateMs };
}

function decoded(packets: readonly Packet[]): number[] {
  return packets.flatMap(({ codec, payload }) => {
    const samples = new Int16Array(payload.length);
    decodeG711(codec, payload, samples);
    return [...samples];
  });
}

function begin(first: Packet): PacketRun {
  const run = new PacketRun();
  run.begin(first.codec, first.payload, 0, first.timestamp, first.nowMs);
  return run;
}

function add(run: PacketRun, { codec, payload, timestamp, nowMs }: Packet, sequence = 1): boolean {
  return run.add(codec, payload, sequence, timestamp, nowMs);
}

describe('a run of packets', () => {
  it('has what follows on its first packet, decoded, and when each came, and nothing else', () => {
    const stray: fc.Arbitrary<Stray> = fc.record(
      {
        length: fc.constantFrom(80, 160, 240),
        codec: fc.constantFrom<G711Codec>('PCMU', 'PCMA'),
        jump: fc.constantFrom(-160, 160, 0x8000_0000),
        lateMs: fc.integer({ min: -300, max: 300 }),
      },
      { requiredKeys: [] },
    );
    const most = fc.oneof({ arbitrary: fc.constant<Stray>({}), weight: 8 }, stray);
    fc.assert(
      fc.property(fc.array(most, { maxLength: 40, size: 'max' }), fc.double({ min: 0, max: 1e9, noNaN: true }), (strays, startMs) => {
        const first = packet(0, { startMs });
        const run = begin(first);
        const kept = [first];
        for (const how of strays) {
          const next = packet(kept.length, { startMs, ...how });
          const isNext = next.codec === 'PCMU' && next.payload.length === 160 && !how.jump && Math.abs(how.lateMs ?? 0) <= 250;
          if (!isNext || kept.length >= 28) expect(add(run, next)).toBe(false);
          else {
            expect(add(run, next, kept.length)).toBe(true);
            kept.push(next);
          }
        }
        expect(run).toMatchObject({
          codec: 'PCMU',
          packets: kept.length,
          packetSamples: 160,
          timestamp: first.timestamp,
          firstMs: startMs,
        });
        expect(run.sequence).toBe(kept.length - 1);
        expect([...run.samples()]).toEqual(decoded(kept));
        expect(run).toHaveLength(160 * kept.length);
        expect([...run.samples(170)]).toEqual(decoded(kept).slice(-170));
        kept.forEach(({ nowMs }, index) => {
          expect(Math.abs(startMs + index * 20 + run.lateMs(index) - nowMs)).toBeLessThanOrEqual(0.126);
        });
      }),
      { numRuns: 300, seed: 8 },
    );
  });

  it('has 560 ms or 56 packets at most', () => {
    const counts = [240, 160, 10].map((length) => {
      const run = begin(packet(0, { length }));
      let count = 1;
      while (add(run, packet(count, { length }))) count++;
      return [count, run.packets, run.samples().length];
    });
    expect(counts).toEqual([
      [18, 18, 4320],
      [28, 28, 4480],
      [56, 56, 560],
    ]);
  });

  it('ends with what comes more than a quarter of a second too early or late', () => {
    const added = [-251, -250, 250, 251].map((lateMs) => add(begin(packet(0)), packet(1, { lateMs })));
    expect(added).toEqual([false, true, true, false]);
  });

  it('goes on over the hours in which a count of samples passes 32 bits', () => {
    const startMs = 2 ** 31 / 8 - 40;
    const run = begin(packet(0, { startMs }));
    for (let number = 1; number < 5; number++) expect(add(run, packet(number, { startMs }))).toBe(true);
    expect(run.lateMs(4)).toBe(0);
  });

  it('takes nothing before it begins, and after it was cleared', () => {
    const run = new PacketRun();
    expect([run.isEmpty, add(run, packet(0)), run.isEmpty]).toEqual([true, false, true]);
    const begun = begin(packet(0));
    expect(begun.isEmpty).toBe(false);
    begun.clear();
    expect([begun.isEmpty, add(begun, packet(1)), begun.isEmpty]).toEqual([true, false, true]);
    begun.begin('PCMA', packet(7).payload, 7, 5, 1);
    expect([begun.packets, begun.samples().length, begun.codec]).toEqual([1, 160, 'PCMA']);
    begun.clear();
    begun.clear();
    expect([begun.packets, begun.length, begun.samples().length, begun.lateMs(0)]).toEqual([0, 0, 0, 0]);
  });

  it('is by itself, however many there are, and leaves its place to others', () => {
    const before = runPlacesInUse();
    const first = (index: number): Packet => ({ ...packet(index), timestamp: 1000 });
    const second = (index: number): Packet => ({ ...packet(index + 1), timestamp: 1160, nowMs: first(index).nowMs + 20 + (index % 200) });
    const runs = Array.from({ length: 300 }, (_, index) => begin(first(index)));
    expect(runPlacesInUse()).toBe(before + 300);
    expect(runs.every((run, index) => add(run, second(index), index))).toBe(true);
    runs.forEach((run, index) => {
      expect([...run.samples()]).toEqual(decoded([first(index), second(index)]));
      expect([run.lateMs(0), run.lateMs(1), run.sequence, run.timestamp, run.packets]).toEqual([0, index % 200, index, 1000, 2]);
    });
    for (const run of runs) run.clear();
    expect(runPlacesInUse()).toBe(before);
    const again = begin(packet(9));
    expect([...again.samples()]).toEqual(decoded([packet(9)]));
    expect([again.packets, again.lateMs(0)]).toEqual([1, 0]);
    again.clear();
  });

  it('is for G.711 alone, and for packets of up to 200 ms', () => {
    const begins = (codec: AudioCodec, length: number): boolean => new PacketRun().begin(codec, new Uint8Array(length), 0, 0, 0);
    expect((['PCMU', 'PCMA', 'G722', 'opus'] as const).filter((codec) => begins(codec, 160))).toEqual(['PCMU', 'PCMA']);
    expect([0, 1, 1600, 1601].filter((length) => begins('PCMU', length))).toEqual([1, 1600]);
  });
});
