import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtcpPacketConverter, RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSourceDescriptionPacket, RtcpSrPacket } from 'werift-rtp';
import { type OwnReport, readRtcp, writeRtcp } from './rtcp-packet.ts';

const word = fc.nat(0xffff_ffff);
const blocks = fc.record({
  source: word,
  fractionLost: fc.nat(255),
  lost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: word,
  jitter: word,
  lastSenderReport: word,
  sinceSenderReport: word,
});
const senders = fc.record({ ntpSeconds: word, ntpFraction: word, rtpTimestamp: word, packets: word, bytes: word });
const ownReports = fc
  .record({
    ssrc: word,
    name: fc.string({ unit: fc.constantFrom(...'abcXYZ012+/@'), maxLength: 255 }),
    isLast: fc.boolean(),
    sender: fc.option(senders, { nil: undefined }),
    block: fc.option(blocks, { nil: undefined }),
  })
  .map(({ sender, block, ...own }): OwnReport => ({ ...own, ...(sender && { sender }), ...(block && { block }) }));

const packet = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
/** A receiver report of source 1 without blocks. */
const empty = [0x80, 201, 0, 1, 0, 0, 0, 1];

describe('RTCP', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(ownReports, (own) => {
        const { ssrc, name, sender, block, isLast } = own;
        expect(readRtcp(writeRtcp(own))).toEqual({
          reports: [{ ssrc, blocks: block ? [block] : [], ...(sender && { sender }) }],
          names: [{ ssrc, name }],
          byes: isLast ? [ssrc] : [],
        });
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('is what another implementation reads and writes', () => {
    fc.assert(
      fc.property(ownReports, (own) => {
        const { ssrc, name, sender, block } = own;
        const [report, description] = RtcpPacketConverter.deSerialize(Buffer.from(writeRtcp({ ...own, isLast: false })));
        if (!(report instanceof RtcpSrPacket || report instanceof RtcpRrPacket)) throw new Error('no report');
        if (!(description instanceof RtcpSourceDescriptionPacket)) throw new Error('no description');
        expect(report instanceof RtcpSrPacket).toBe(sender !== undefined);
        expect(report.ssrc).toBe(ssrc);
        expect(description.chunks.map((chunk) => [chunk.source, chunk.items[0]?.text])).toEqual([[ssrc, name]]);
        const read = report.reports.map((each) => [each.ssrc, each.fractionLost, each.highestSequence, each.jitter, each.lsr, each.dlsr]);
        const { source, fractionLost, highestSequence, jitter, lastSenderReport, sinceSenderReport } = block ?? {};
        expect(read).toEqual(block ? [[source, fractionLost, highestSequence, jitter, lastSenderReport, sinceSenderReport]] : []);

        const theirs = new RtcpSrPacket({
          ssrc,
          senderInfo: new RtcpSenderInfo({ ntpTimestamp: 0x1234_5678_9abc_def0n, rtpTimestamp: 7, packetCount: 8, octetCount: 9 }),
          reports: [new RtcpReceiverInfo({ ssrc: 5, fractionLost: 6, packetsLost: 7, highestSequence: 8, jitter: 9, lsr: 10, dlsr: 11 })],
        });
        expect(readRtcp(theirs.serialize())?.reports).toEqual([
          {
            ssrc,
            sender: { ntpSeconds: 0x1234_5678, ntpFraction: 0x9abc_def0, rtpTimestamp: 7, packets: 8, bytes: 9 },
            blocks: [{ source: 5, fractionLost: 6, lost: 7, highestSequence: 8, jitter: 9, lastSenderReport: 10, sinceSenderReport: 11 }],
          },
        ]);
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it.each([
    ['nothing', packet()],
    ['a cut header', packet(0x80, 201, 0)],
    ['another version', packet(0x40, ...empty.slice(1))],
    ['RTP', packet(0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1)],
    ['a description first', packet(0x81, 202, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0)],
    ['a length beyond its end', packet(0x80, 201, 0, 2, 0, 0, 0, 1)],
    ['bytes behind its end', packet(...empty, 0)],
    ['more blocks than it has room for', packet(0x81, ...empty.slice(1))],
    ['a report without its source', packet(0x80, 201, 0, 0, ...empty)],
    ['padding that is not at the end', packet(0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, ...empty)],
    ['padding longer than the packet', packet(...empty, 0xa0, 203, 0, 1, 0, 0, 0, 8)],
    ['padding that is no multiple of four', packet(...empty, 0xa1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3)],
    ['padding of nothing', packet(...empty, 0xa1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0)],
    ['more goodbyes than it has room for', packet(...empty, 0x82, 203, 0, 1, 0, 0, 0, 1)],
    ['a name without an end', packet(...empty, 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 65, 66)],
    ['a name beyond its end', packet(...empty, 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 9, 65, 66)],
    ['more packets than anybody sends', packet(...Array.from({ length: 17 }, () => empty).flat())],
    ['more bytes than anybody sends', packet(...empty, 0x80, 204, 0x01, 0x76, ...new Array(1496).fill(0))],
  ])('is not: %s', (_what, bytes) => {
    expect(readRtcp(bytes)).toBeUndefined();
  });

  it('may hold what we do not know, be padded, and have a part of a profile behind its blocks', () => {
    expect(readRtcp(packet(...empty, 0x80, 207, 0, 1, 9, 9, 9, 9))?.reports).toHaveLength(1);
    expect(readRtcp(packet(...empty, 0xa1, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4))?.byes).toEqual([1]);
    expect(readRtcp(packet(0x80, 201, 0, 2, 0, 0, 0, 1, 7, 7, 7, 7))?.reports).toEqual([{ ssrc: 1, blocks: [] }]);
  });

  it('says as much of what was lost as it can', () => {
    const block = { source: 1, fractionLost: 255, highestSequence: 1, jitter: 0, lastSenderReport: 0, sinceSenderReport: 0 };
    const lost = [0x7f_ffff, 0x80_0000, 5e8, -0x80_0000, -0x80_0001, -5e8].map(
      (count) => readRtcp(writeRtcp({ ssrc: 9, name: 'us', isLast: false, block: { ...block, lost: count } }))?.reports[0]?.blocks[0],
    );
    expect(lost.map((each) => each?.lost)).toEqual([0x7f_ffff, 0x7f_ffff, 0x7f_ffff, -0x80_0000, -0x80_0000, -0x80_0000]);
    expect(lost.map((each) => each?.fractionLost)).toEqual(Array(6).fill(255));
  });

  it('is refused or read, whatever is changed in it', () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat(255), cut: fc.nat(), cuts: fc.boolean() });
    fc.assert(
      fc.property(ownReports, fc.array(change, { minLength: 1, maxLength: 4 }), (own, changes) => {
        let bytes = writeRtcp(own);
        for (const { at, to, cut, cuts } of changes) {
          bytes[at % bytes.length] = to;
          if (cuts) bytes = bytes.slice(0, 1 + (cut % bytes.length));
        }
        const read = readRtcp(bytes);
        const counted = (read?.reports.length ?? 0) + (read?.names.length ?? 0) + (read?.byes.length ?? 0);
        expect(counted * 4).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3000, seed: 3 },
    );
  });
});
