import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../kernel/random.ts';
import { type OwnReport, readRtcp, writeRtcp } from './rtcp-packet.ts';
import { RtcpSession } from './rtcp-session.ts';

const OUR = 11;
const THEIR = 22;
const START = Date.UTC(2026, 0, 1);
const sent = (packets: number) => ({ packets, bytes: packets * 160, timestamp: packets * 160 });
const heard = (expected: number, received: number, ssrc = THEIR) => ({ ssrc, highestSequence: expected, expected, received, jitter: 80 });
const newSession = (seed = 1) => new RtcpSession(OUR, seededRandom(seed), START);

function read(bytes: Uint8Array | undefined) {
  const compound = bytes && readRtcp(bytes);
  if (!compound) throw new Error('no report');
  return compound;
}

const theirReport = (changes: Partial<OwnReport> = {}): Uint8Array => writeRtcp({ ssrc: THEIR, name: 'peer', isLast: false, ...changes });

describe('our reports', () => {
  it('are due 1 to 3.1 s after the start, then every 2 to 6.2 s, and never in step with those of others', () => {
    const times = [1, 2, 3].map((seed) => {
      const session = newSession(seed);
      const due: number[] = [];
      for (let ms = 0; ms < 60_000; ms += 20) {
        if (!session.isDue(START + ms)) continue;
        session.report(START + ms, sent(ms / 20), undefined, false);
        due.push(ms);
      }
      return due;
    });
    for (const due of times) {
      expect(due[0]).toBeGreaterThanOrEqual(1020);
      expect(due[0]).toBeLessThan(3100);
      const gaps = due.slice(1).map((at, index) => at - (due[index] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2040);
      expect(Math.max(...gaps)).toBeLessThan(6200);
    }
    expect(new Set(times.map(String)).size).toBe(3);
  });

  it('are put off by the interval drawn anew, so that five seconds lie between them in the mean', () => {
    const session = newSession();
    const hours = 5;
    let count = 0;
    for (let ms = 0; ms < hours * 3_600_000; ms += 20) {
      if (!session.isDue(START + ms)) continue;
      session.report(START + ms, sent(ms / 20), undefined, false);
      count++;
    }
    const meanMs = (hours * 3_600_000) / count;
    expect(meanMs).toBeGreaterThan(4800);
    expect(meanMs).toBeLessThan(5200);
  });

  it('say what was sent and when, as long as anything is', () => {
    const session = newSession();
    const { reports, names } = read(session.report(START + 500, sent(25), undefined, false));
    expect(reports).toEqual([
      {
        ssrc: OUR,
        sender: { ntpSeconds: START / 1000 + 2_208_988_800, ntpFraction: 0x8000_0000, rtpTimestamp: 4000, packets: 25, bytes: 4000 },
        blocks: [],
      },
    ]);
    expect(names[0]?.name).toMatch(/^[\w+/]{16}$/);
    expect(read(session.report(START + 5_000, sent(25), undefined, false)).reports[0]).toHaveProperty('sender');
    expect(read(session.report(START + 9_000, sent(25), undefined, false)).reports[0]).not.toHaveProperty('sender');
    expect(read(session.report(START + 13_000, sent(26), undefined, false)).reports[0]).toHaveProperty('sender');
  });

  it('say what was lost of the source that speaks now, since the report before and in all', () => {
    const session = newSession();
    const block = (...numbers: Parameters<typeof heard>) =>
      read(session.report(START, sent(1), heard(...numbers), false)).reports[0]?.blocks[0];
    expect(block(100, 100)).toMatchObject({
      source: THEIR,
      fractionLost: 0,
      lost: 0,
      highestSequence: 100,
      jitter: 80,
      lastSenderReport: 0,
    });
    expect(block(200, 150)).toMatchObject({ fractionLost: 128, lost: 50 });
    expect(block(300, 250)).toMatchObject({ fractionLost: 0, lost: 50 });
    expect(block(400, 350.0)).toMatchObject({ fractionLost: 0, lost: 50 });
    expect(block(100, 75, 33)).toMatchObject({ source: 33, fractionLost: 64, lost: 25 });
  });

  it('say that nothing was lost when more came than was to come, as after late packets', () => {
    const session = newSession();
    session.report(START + 1_000, sent(1), heard(100, 90), false);
    const { reports } = read(session.report(START + 5_000, sent(2), heard(110, 105), false));
    expect(reports[0]?.blocks[0]).toMatchObject({ fractionLost: 0, lost: 5 });
  });

  it('say of a sender report of long ago that it is as old as can be said', () => {
    const session = newSession();
    const sender = { ntpSeconds: 1, ntpFraction: 0, rtpTimestamp: 0, packets: 1, bytes: 160 };
    session.receive(theirReport({ sender }), START, THEIR);
    const { reports } = read(session.report(START + 20 * 3_600_000, sent(1), heard(9, 9), false));
    expect(reports[0]?.blocks[0]?.sinceSenderReport).toBe(0xffff_ffff);
  });

  it('say that all was lost as nearly as they can', () => {
    const session = newSession();
    session.report(START + 1_000, sent(1), heard(10, 10), false);
    const { reports } = read(session.report(START + 5_000, sent(2), heard(110, 10), false));
    expect(reports[0]?.blocks[0]).toMatchObject({ fractionLost: 255, lost: 100 });
  });

  it('refer to the last sender report of the source, and to nothing of another', () => {
    const session = newSession();
    const sender = { ntpSeconds: 0x1111_2222, ntpFraction: 0x3333_4444, rtpTimestamp: 0, packets: 1, bytes: 160 };
    session.receive(theirReport({ sender }), START, THEIR);
    const blockAt = (ms: number, ssrc: number) => read(session.report(START + ms, sent(1), heard(9, 9, ssrc), false)).reports[0]?.blocks[0];
    expect(blockAt(1500, THEIR)).toMatchObject({ lastSenderReport: 0x2222_3333, sinceSenderReport: 98_304 });
    expect(blockAt(1500, 33)).toMatchObject({ lastSenderReport: 0, sinceSenderReport: 0 });
  });

  it('end with a goodbye, unless nothing was ever sent', () => {
    expect(newSession().report(START, sent(0), undefined, true)).toBeUndefined();
    const { reports, byes } = read(newSession().report(START, sent(7), heard(3, 3), true));
    expect([reports[0]?.blocks.length, byes]).toEqual([1, [OUR]]);
  });
});

describe('their reports', () => {
  const block = { source: OUR, fractionLost: 0, lost: 30, highestSequence: 0, jitter: 160, lastSenderReport: 0, sinceSenderReport: 0 };

  it('tell of loss and jitter there, and nothing of other sources', () => {
    const session = newSession();
    expect(session.seen).toEqual({ reportsSent: 0, reportsReceived: 0, saidBye: false });
    expect(session.receive(theirReport({ block: { ...block, source: 99 } }), START, THEIR)).toBe(true);
    expect(session.seen).not.toHaveProperty('remoteLost');
    session.receive(theirReport({ block }), START, THEIR);
    session.receive(theirReport({ block: { ...block, lost: 40, jitter: 320 } }), START, THEIR);
    expect(session.seen).toMatchObject({ reportsReceived: 3, remoteLost: 40, remoteJitterMs: 30, remoteMaxJitterMs: 40 });
    session.receive(theirReport({ block: { ...block, lost: -3 } }), START, THEIR);
    expect(session.seen.remoteLost).toBe(0);
  });

  it('go on counting when somebody else listens from now on', () => {
    const session = newSession();
    session.receive(theirReport({ block }), START, THEIR);
    session.receive(theirReport({ ssrc: 33, block: { ...block, lost: 2 } }), START, 33);
    expect(session.seen.remoteLost).toBe(32);
  });

  it('tell how long the way there and back is, only when they refer to a report of ours', () => {
    const session = newSession();
    const short = (at: number) => {
      const { sender } = read(session.report(at, sent(1), undefined, false)).reports[0] ?? {};
      return (((sender?.ntpSeconds ?? 0) << 16) | ((sender?.ntpFraction ?? 0) >>> 16)) >>> 0;
    };
    const first = short(START);
    const second = short(START + 5000);
    const answer = (lastSenderReport: number, sinceMs: number, atMs: number) => {
      const sinceSenderReport = Math.round(sinceMs * 65.536);
      session.receive(theirReport({ block: { ...block, lastSenderReport, sinceSenderReport } }), START + atMs, THEIR);
    };
    answer(first, 1000.9, 1000);
    expect(session.seen.roundTripMs).toBe(0);
    answer(first, 1000, 1160);
    expect(session.seen.roundTripMs).toBeCloseTo(80, 1);
    answer(second, 2000, 7220);
    answer(second + 1, 0, 8000);
    answer(first, 90_000, 8000);
    answer(first, 0, 70_000);
    expect(session.seen.roundTripMs).toBeCloseTo(380 / 3, 1);
    expect(session.seen.maxRoundTripMs).toBeCloseTo(220, 1);
  });

  it('tell it also when the short time of reports, which begins anew every 18 hours, does so in between', () => {
    const session = newSession();
    // Of the seconds since 1900 the lower 16 bits are all set then.
    const lastMs = START + (0xffff - ((START / 1000 + 2_208_988_800) % 0x1_0000)) * 1000;
    const { sender } = read(session.report(lastMs, sent(1), undefined, false)).reports[0] ?? {};
    const lastSenderReport = (((sender?.ntpSeconds ?? 0) & 0xffff) * 0x1_0000) >>> 0;
    expect(lastSenderReport).toBe(0xffff_0000);
    session.receive(theirReport({ block: { ...block, lastSenderReport, sinceSenderReport: 65_536 } }), lastMs + 1070, THEIR);
    expect(session.seen.roundTripMs).toBeCloseTo(70, 0);
  });

  it('may refer to one of our last eight reports', () => {
    const session = newSession();
    const shorts = Array.from({ length: 9 }, (_, nth) => {
      const { sender } = read(session.report(START + nth * 5000, sent(nth + 1), undefined, false)).reports[0] ?? {};
      return (((sender?.ntpSeconds ?? 0) << 16) | ((sender?.ntpFraction ?? 0) >>> 16)) >>> 0;
    });
    const answer = (lastSenderReport = 0): void => {
      session.receive(theirReport({ block: { ...block, lastSenderReport } }), START + 41_000, THEIR);
    };
    answer(shorts[0]);
    expect(session.seen).not.toHaveProperty('roundTripMs');
    answer(shorts[1]);
    expect(session.seen.roundTripMs).toBeCloseTo(36_000, 0);
  });

  it('count only from the source that is heard, and never when they are our own', () => {
    const session = newSession();
    expect(session.receive(theirReport({ ssrc: 33, block }), START, THEIR)).toBe(false);
    expect(session.receive(theirReport({ ssrc: OUR, block }), START, undefined)).toBe(false);
    const own = read(session.report(START, sent(1), undefined, false));
    expect(session.receive(theirReport({ name: own.names[0]?.name ?? '', block }), START, THEIR)).toBe(false);
    expect(session.receive(Uint8Array.of(1, 2, 3), START, THEIR)).toBe(false);
    expect(session.seen).toMatchObject({ reportsReceived: 0 });
    expect(session.receive(theirReport({ block }), START + 1000, undefined)).toBe(true);
  });

  it('are not listened to beyond ten in a second', () => {
    const session = newSession();
    const taken = Array.from({ length: 30 }, (_, nth) => session.receive(theirReport(), START + 5_000 + nth, THEIR));
    expect(taken.filter(Boolean)).toHaveLength(10);
    expect(session.receive(theirReport(), START + 6_000, THEIR)).toBe(true);
  });

  it('note a goodbye of the peer, and not that of another', () => {
    const session = newSession();
    const bye = theirReport({ isLast: true });
    session.receive(Uint8Array.from([...theirReport(), ...[0x81, 203, 0, 1, 0, 0, 0, 99]]), START, THEIR);
    expect(session.seen.saidBye).toBe(false);
    session.receive(bye, START, THEIR);
    expect(session.seen.saidBye).toBe(true);
  });
});

describe('whether they hear us', () => {
  const block = { source: OUR, fractionLost: 0, lost: 0, highestSequence: 0, jitter: 0, lastSenderReport: 0, sinceSenderReport: 0 };
  const sender = { ntpSeconds: 1, ntpFraction: 0, rtpTimestamp: 0, packets: 1, bytes: 160 };
  const speaks = { sender };
  const hearsUs = { block };
  const hearsNobody = { block: { ...block, source: 0 } };
  const hearsAnother = { sender, block: { ...block, source: 99 } };
  const cases: readonly [string, boolean | undefined, readonly [changes: Partial<OwnReport>, sentPackets: number][]][] = [
    [
      'not, when no report has a block',
      false,
      [
        [speaks, 100],
        [speaks, 200],
      ],
    ],
    [
      'not, when their blocks are about nobody',
      false,
      [
        [{ ...speaks, ...hearsNobody }, 100],
        [{ ...speaks, ...hearsNobody }, 200],
      ],
    ],
    [
      'yes, when one ever has',
      true,
      [
        [speaks, 100],
        [speaks, 350],
        [{ ...speaks, ...hearsUs }, 600],
        [speaks, 850],
        [speaks, 1100],
      ],
    ],
    ['yes, by a report of who only listens too', true, [[hearsUs, 0]]],
    ['is open after one report', undefined, [[speaks, 250]]],
    [
      'is open when next to nothing was sent before',
      undefined,
      [
        [speaks, 0],
        [speaks, 99],
        [speaks, 100],
        [speaks, 199],
      ],
    ],
    [
      'is open when nothing is sent between reports, as on hold',
      undefined,
      [
        [speaks, 250],
        [speaks, 250],
        [speaks, 250],
        [speaks, 349],
      ],
    ],
    [
      'is open when they hear somebody else',
      undefined,
      [
        [hearsAnother, 250],
        [hearsAnother, 500],
      ],
    ],
    [
      'is open when they send nothing, and their reports only keep the way open',
      undefined,
      [
        [{}, 250],
        [{}, 500],
      ],
    ],
    [
      'is open when they take their leave',
      undefined,
      [
        [speaks, 250],
        [{ ...speaks, isLast: true }, 500],
      ],
    ],
  ];

  it.each(cases)('%s', (_, verdict, reports) => {
    const session = newSession();
    for (const [nth, [changes, packets]] of reports.entries()) {
      session.receive(theirReport(changes), START + nth * 5_000, THEIR, packets);
    }
    expect(session.seen.heardThere).toBe(verdict);
  });

  it('is asked from the answer on: who spoke before may have been another', () => {
    const session = newSession();
    const report = (atMs: number, packets: number, changes: Partial<OwnReport> = {}) =>
      session.receive(theirReport({ sender, ...changes }), START + atMs, THEIR, packets);
    report(5_000, 250, { block });
    report(10_000, 500);
    session.answered(600);
    report(12_000, 699);
    report(17_000, 950);
    expect(session.seen).not.toHaveProperty('heardThere');
    report(22_000, 1200);
    expect(session.seen.heardThere).toBe(false);
  });
});
