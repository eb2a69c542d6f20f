import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { JitterBuffer } from './jitter-buffer.ts';

interface Sent {
  readonly number: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrivesMs: number;
}

interface Played {
  readonly number: number;
  readonly position: number;
  readonly atMs: number;
  readonly arrivedMs: number;
}

/** Frames of 20 ms from `first` on, each late as `lateMs` says; undefined is never. `clock` is how fast that of the sender runs. */
function speech(frames: number, lateMs: (number: number) => number | undefined, { first = 0xffff_f000, clock = 1 } = {}): Sent[] {
  return Array.from({ length: frames }, (_, number) => number)
    .map((number) => ({ number, lateMs: lateMs(number) }))
    .flatMap(({ number, lateMs }) =>
      lateMs === undefined
        ? []
        : [
            {
              number,
              sequence: (65_500 + number) & 0xffff,
              timestamp: (first + number * 160) >>> 0,
              arrivesMs: (number * 20) / clock + lateMs,
            },
          ],
    );
}

/** Plays what arrives, a frame every 20 ms from `fromMs` on, until a second after the last. */
function play(sent: readonly Sent[], { fromMs = 7, buffer = new JitterBuffer() } = {}) {
  const arriving = [...sent].sort((left, right) => left.arrivesMs - right.arrivesMs || left.number - right.number);
  const end = (arriving.at(-1)?.arrivesMs ?? 0) + 1000;
  const played: Played[] = [];
  const kinds: string[] = [];
  const arrivals = new Map(sent.map((each) => [each.number, each.arrivesMs]));
  let newest = -1;
  let jumps = 0;
  let mostWaiting = 0;
  const pull = (atMs: number): void => {
    const { position } = buffer;
    const next = buffer.next();
    kinds.push(next.kind);
    if (next.kind === 'packet') {
      const [high = 0, low = 0] = next.payload;
      const number = high * 256 + low;
      played.push({ number, position: next.position, atMs, arrivedMs: arrivals.get(number) ?? 0 });
      expect(next.position).toBeLessThanOrEqual(position);
      buffer.advance(160 - (position - next.position));
    } else if (next.kind !== 'noise') {
      expect(next.samples).toBeGreaterThan(0);
      buffer.advance(next.samples);
    }
  };
  let at = 0;
  for (let nowMs = fromMs; nowMs < end; nowMs += 20) {
    for (let each = arriving[at]; each && each.arrivesMs <= nowMs; each = arriving[++at]) {
      const payload = new Uint8Array(160);
      payload.set([each.number >> 8, each.number & 0xff]);
      const isNewest = each.number > newest;
      if (isNewest) newest = each.number;
      if (!buffer.put(payload, each.sequence, each.timestamp, isNewest, each.arrivesMs)) {
        jumps++;
        buffer.restart();
        expect(buffer.put(payload, each.sequence, each.timestamp, isNewest, each.arrivesMs)).toBe(true);
      }
      mostWaiting = Math.max(mostWaiting, buffer.waiting);
    }
    const plan = buffer.plan(nowMs, 0);
    if (plan === 'take' || plan === 'skip') pull(nowMs);
    if (plan === 'skip') pull(nowMs);
    if (plan === 'wait' || plan === 'repeat') kinds.push(plan);
  }
  const waits = played.map(({ atMs, arrivedMs }) => atMs - arrivedMs);
  return { played, kinds, jumps, mostWaiting, waits, counts: buffer.counts, missing: kinds.filter((kind) => kind === 'missing').length };
}

const numbers = (played: readonly Played[]): number[] => played.map(({ number }) => number);
const upTo = (frames: number): number[] => Array.from({ length: frames }, (_, number) => number);
/** What is missing at the end of a test is what was never sent. */
const beforeTheEnd = (kinds: readonly string[]): readonly string[] => kinds.slice(0, kinds.lastIndexOf('packet') + 1);
const missingIn = ({ kinds }: { kinds: readonly string[] }): number => beforeTheEnd(kinds).filter((kind) => kind === 'missing').length;

describe('JitterBuffer', () => {
  it('hands out everything in order and soon when the network is even, over the wrap of sequence and timestamp', () => {
    for (const fromMs of [0, 5, 13, 19]) {
      const result = play(
        speech(500, () => 30),
        { fromMs },
      );
      expect(numbers(result.played)).toEqual(upTo(500));
      expect(missingIn(result)).toBe(0);
      expect(Math.max(...result.waits)).toBeLessThanOrEqual(60);
      expect(result.counts).toMatchObject({ tooLate: 0, discarded: 0, repeated: 0, jumps: 0 });
      // It begins with more than it needs.
      expect(result.counts.skipped).toBeLessThanOrEqual(1);
    }
  });

  it('puts in order what comes out of order', () => {
    const result = play(speech(200, (number) => (number % 10 === 3 ? 35 : 0)));
    expect(numbers(result.played)).toEqual(upTo(200));
  });

  it('holds back as long as it has to, and no longer', () => {
    const random = seededRandom(2);
    const uneven = play(speech(3000, () => random.below(100)));
    expect(uneven.counts.tooLate / 3000).toBeLessThan(0.02);
    expect(uneven.counts.delayMs).toBeGreaterThan(80);
    expect(uneven.counts.delayMs).toBeLessThan(140);
    const calmed = play(speech(3000, (number) => (number < 500 ? random.below(100) : 0)));
    expect(Math.max(...calmed.waits.slice(-1000))).toBeLessThanOrEqual(60);
    expect(calmed.counts.skipped).toBeGreaterThan(1);
  });

  it('never holds back more than it may, however uneven the network is', () => {
    const random = seededRandom(3);
    const result = play(speech(3000, () => random.below(450)));
    expect(result.counts.delayMs).toBeLessThan(220);
    expect(Math.max(...result.waits.slice(500))).toBeLessThanOrEqual(300);
  });

  it.each([
    ['faster', 1.002, 'skipped'],
    ['slower', 0.998, 'repeated'],
  ] as const)('follows a sender whose clock is %s, a frame at a time', (_what, clock, how) => {
    const result = play(speech(15_000, (number) => (number * 7) % 12, { clock }));
    const { counts } = result;
    // 0.2 % of 300 s are 30 frames of 20 ms.
    expect(counts[how]).toBeGreaterThanOrEqual(27);
    expect(counts[how]).toBeLessThanOrEqual(33);
    expect(counts.skipped + counts.repeated).toBeLessThanOrEqual(35);
    expect(counts.tooLate).toBeLessThanOrEqual(30);
    expect(counts.jumps).toBe(0);
    expect(Math.max(...result.waits)).toBeLessThanOrEqual(90);
  });

  it('says what is missing, frame by frame, and goes on', () => {
    const result = play(speech(100, (number) => (number >= 50 && number < 53 ? undefined : 0)));
    expect(numbers(result.played)).toEqual(upTo(100).filter((number) => number < 50 || number > 52));
    expect(missingIn(result)).toBe(3);
  });

  it('takes a pause of the source for a pause when the sequence has no hole', () => {
    const talk = speech(100, () => 0).map((each) =>
      each.number < 50 ? each : { ...each, timestamp: (each.timestamp + 1600) >>> 0, arrivesMs: each.arrivesMs + 200 },
    );
    const { kinds, counts } = play(talk);
    const gap = kinds.slice(kinds.indexOf('missing'), kinds.lastIndexOf('packet')).filter((kind) => kind !== 'packet');
    // Until the next packet is there nobody can know.
    expect(gap.filter((kind) => kind === 'pause').length).toBeGreaterThanOrEqual(1);
    expect(gap).toHaveLength(10);
    expect(counts.jumps).toBe(0);
  });

  it('takes what is missing while the source sends digits for a pause', () => {
    const buffer = new JitterBuffer();
    buffer.put(new Uint8Array(160), 1, 0, true, 0);
    expect(buffer.plan(40, 0)).toBe('take');
    expect(buffer.next().kind).toBe('packet');
    buffer.advance(160);
    buffer.pause();
    expect(buffer.next()).toEqual({ kind: 'pause', samples: 160 });
    buffer.advance(160);
    buffer.put(new Uint8Array(160), 9, 480, true, 60);
    expect(buffer.next()).toEqual({ kind: 'missing', samples: 160, following: new Uint8Array(160) });
  });

  it.each([1_000_000, -1_000_000, 40_000, -40_000, 0x8000_0000])('goes on at once when timestamps jump by %s', (jump) => {
    const jumped = speech(200, () => 0).map((each) => (each.number < 100 ? each : { ...each, timestamp: (each.timestamp + jump) >>> 0 }));
    const { played, jumps, counts } = play(jumped);
    expect([jumps, counts.jumps]).toEqual([1, 1]);
    expect(numbers(played).filter((number) => number >= 100)).toEqual(upTo(200).slice(100));
  });

  it('goes on when the timestamps stand still during a pause', () => {
    const frozen = speech(200, () => 0).map((each) => (each.number < 100 ? each : { ...each, arrivesMs: each.arrivesMs + 700 }));
    const { played } = play(frozen);
    expect(numbers(played).slice(-100)).toEqual(upTo(200).slice(100));
  });

  it('follows a way that has become longer for good', () => {
    const { played, jumps } = play(speech(400, (number) => (number < 200 ? 0 : 300)));
    expect(jumps).toBeLessThanOrEqual(1);
    expect(numbers(played).slice(-180)).toEqual(upTo(400).slice(220));
  });

  it('leaves out what came long before anybody listens', () => {
    const { played, counts } = play(
      speech(100, () => 0),
      { fromMs: 400 },
    );
    expect(played[0]?.number).toBeGreaterThanOrEqual(16);
    expect(counts.discarded).toBe(played[0]?.number);
    expect(numbers(played)).toEqual(upTo(100).slice(played[0]?.number));
  });

  it('takes payloads of any length but those that no call has', () => {
    const buffer = new JitterBuffer();
    expect(buffer.put(new Uint8Array(0), 1, 0, true, 0)).toBe(true);
    expect(buffer.put(new Uint8Array(1601), 1, 0, true, 0)).toBe(true);
    expect([buffer.waiting, buffer.counts.discarded, buffer.plan(100, 0)]).toEqual([0, 1, 'wait']);
    buffer.put(new Uint8Array(1600), 1, 0, true, 0);
    expect(buffer.waiting).toBe(1);
  });

  it('holds no more than 64 packets, however short they are', () => {
    const buffer = new JitterBuffer();
    for (let number = 0; number < 500; number++) expect(buffer.put(new Uint8Array(1), number, number, true, 0)).toBe(true);
    expect([buffer.waiting, buffer.counts.discarded]).toEqual([64, 436]);
  });

  it('hands out each packet once, in order and soon, whatever is lost, repeated, late and jumps', () => {
    const fate = fc.record({
      lost: fc.boolean(),
      lateMs: fc.oneof({ weight: 4, arbitrary: fc.nat(60) }, fc.nat(900)),
      twice: fc.boolean(),
      jump: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, fc.nat(0xffff_ffff), fc.integer({ min: -9000, max: 9000 })),
      stopMs: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, fc.nat(3000)),
    });
    fc.assert(
      fc.property(fc.array(fate, { minLength: 1, maxLength: 150 }), fc.nat(19), fc.nat(0xffff_ffff), (fates, fromMs, first) => {
        let jumped = 0;
        let stoppedMs = 0;
        const sent = speech(fates.length, () => 0, { first }).flatMap((each) => {
          const { lost, lateMs, twice, jump, stopMs } = fates[each.number] ?? {
            lost: false,
            lateMs: 0,
            twice: false,
            jump: 0,
            stopMs: 0,
          };
          jumped += jump;
          stoppedMs += stopMs;
          const packet = { ...each, timestamp: (each.timestamp + jumped) >>> 0, arrivesMs: each.arrivesMs + stoppedMs + lateMs };
          if (lost) return [];
          return twice ? [packet, { ...packet, arrivesMs: packet.arrivesMs + 3 }] : [packet];
        });
        const { played, mostWaiting, waits } = play(sent, { fromMs });
        expect(new Set(numbers(played)).size).toBe(played.length);
        expect(mostWaiting).toBeLessThanOrEqual(64);
        // JUMP_MS, the delay and a beat.
        expect(Math.max(0, ...waits)).toBeLessThanOrEqual(740);
        expect(played.every(({ position }, index) => index === 0 || position !== played[index - 1]?.position)).toBe(true);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
