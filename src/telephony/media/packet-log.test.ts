import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketLog } from './packet-log.ts';

interface Logged {
  readonly payload: readonly number[];
  readonly sequence: number;
  readonly timestamp: number;
  readonly isNewest: boolean;
  readonly atMs: number;
}

function emptied(log: PacketLog): Logged[] {
  const read: Logged[] = [];
  log.empty((_codec, payload, sequence, timestamp, isNewest, atMs) =>
    read.push({ payload: [...payload], sequence, timestamp, isNewest, atMs }),
  );
  return read;
}

const packet = (number: number, length = 160) => ({
  payload: new Array<number>(length).fill(number & 0xff),
  sequence: number & 0xffff,
  timestamp: (number * 160) >>> 0,
  isNewest: number % 3 > 0,
  atMs: number * 20.5,
});

function add(log: PacketLog, { payload, sequence, timestamp, isNewest, atMs }: Logged): boolean {
  return log.add('PCMU', Uint8Array.from(payload), sequence, timestamp, isNewest, atMs);
}

describe('PacketLog', () => {
  it('hands out what was added, in order, once, however often it was full before', () => {
    const lengths = fc.array(fc.array(fc.nat(1600), { maxLength: 40, size: 'max' }), { maxLength: 5 });
    fc.assert(
      fc.property(lengths, (rounds) => {
        const log = new PacketLog();
        let number = 0;
        for (const round of rounds) {
          const packets = round.map((length) => packet(number++, length));
          const added = packets.filter((each) => add(log, each));
          expect(log.isEmpty).toBe(added.length === 0);
          expect(emptied(log)).toEqual(added);
          expect(log.isEmpty).toBe(true);
        }
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('refuses what it has no room for', () => {
    const log = new PacketLog();
    const added = Array.from({ length: 40 }, (_, number) => add(log, packet(number, 10)));
    expect(added.indexOf(false)).toBe(32);
    expect(emptied(log)).toHaveLength(32);
    expect(add(log, packet(1))).toBe(true);
  });

  it('is empty while it is being read, so that a reader may empty it', () => {
    const log = new PacketLog();
    for (let number = 0; number < 3; number++) add(log, packet(number));
    let nested = 0;
    log.empty(() => log.empty(() => nested++));
    expect([nested, log.isEmpty]).toEqual([0, true]);
  });
});
