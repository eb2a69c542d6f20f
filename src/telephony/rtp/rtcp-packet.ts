import { isRtcp, viewOf } from './srtcp-packet.ts';

/** What a receiver says of one source (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  /** The source that it is about. */
  readonly source: number;
  /** Lost since the report before, in 256ths of what was expected. */
  readonly fractionLost: number;
  /** Lost from the beginning on; negative when packets came more than once. */
  readonly lost: number;
  /** The highest sequence number, with the number of its wraps above the lower 16 bits. */
  readonly highestSequence: number;
  /** In units of the timestamps. */
  readonly jitter: number;
  /** The middle 32 bits of the NTP time in the last sender report that came, or 0, and how long ago that was, in 1/65536 s. */
  readonly lastSenderReport: number;
  readonly sinceSenderReport: number;
}

/** What a sender says of itself (RFC 3550 section 6.4.1). The time is given as NTP has it, in seconds since 1900 and their 2^-32ths. */
export interface SenderInfo {
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

/** A sender report, or a receiver report when it has no `sender`. */
export interface RtcpReport {
  readonly ssrc: number;
  readonly sender?: SenderInfo;
  readonly blocks: readonly ReportBlock[];
}

/** What is used of one compound packet. */
export interface RtcpCompound {
  readonly reports: readonly RtcpReport[];
  /** The canonical names of sources (RFC 3550 section 6.5.1). */
  readonly names: readonly { readonly ssrc: number; readonly name: string }[];
  /** Sources that say goodbye. */
  readonly byes: readonly number[];
}

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const DESCRIPTION = 202;
const GOODBYE = 203;

const CNAME = 1;
const HEADER_BYTES = 4;
const SENDER_INFO_BYTES = 20;
const BLOCK_BYTES = 24;

/** Longer datagrams are no RTCP of a call of two. */
export const MAX_RTCP_BYTES = 1500;
const MAX_PACKETS = 16;
/** Sources and blocks beyond these are not looked at. */
const MAX_BLOCKS = 31;
const MAX_NAMES = 31;

/**
 * Reads a compound packet, checked as RFC 3550 appendix A.2 says: it begins with a report, and the lengths of its packets add up to that
 * of the datagram. Packets of other types (APP, extended reports, feedback) are passed over. Undefined when it is no valid RTCP.
 */
export function readRtcp(bytes: Uint8Array): RtcpCompound | undefined {
  if (bytes.length < HEADER_BYTES * 2 || bytes.length > MAX_RTCP_BYTES || !isRtcp(bytes)) return undefined;
  const view = viewOf(bytes);
  const reports: RtcpReport[] = [];
  const names: { ssrc: number; name: string }[] = [];
  const byes: number[] = [];
  let packets = 0;
  for (let at = 0; at < bytes.length; packets++) {
    if (packets === MAX_PACKETS || at + HEADER_BYTES > bytes.length) return undefined;
    const first = view.getUint8(at);
    const type = view.getUint8(at + 1);
    const end = at + HEADER_BYTES + view.getUint16(at + 2) * 4;
    if (first >> 6 !== 2 || end > bytes.length) return undefined;
    const isPadded = (first & 0x20) !== 0;
    if (packets === 0 && (isPadded || (type !== SENDER_REPORT && type !== RECEIVER_REPORT))) return undefined;
    const padding = isPadded ? view.getUint8(end - 1) : 0;
    // Only the last packet may be padded, by a multiple of four.
    if (isPadded && (end < bytes.length || padding === 0 || padding % 4 !== 0 || padding > end - at - HEADER_BYTES)) return undefined;
    const body = { view, start: at + HEADER_BYTES, end: end - padding, count: first & 0x1f };
    if (!readBody(type, body, reports, names, byes)) return undefined;
    at = end;
  }
  return { reports, names, byes };
}

interface Body {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  /** Blocks, chunks or sources, as the header counts them. */
  readonly count: number;
}

function readBody(type: number, body: Body, reports: RtcpReport[], names: { ssrc: number; name: string }[], byes: number[]): boolean {
  switch (type) {
    case SENDER_REPORT:
    case RECEIVER_REPORT: {
      const report = readReport(body, type === SENDER_REPORT);
      if (!report) return false;
      reports.push(report);
      return true;
    }
    case DESCRIPTION:
      return readNames(body, names);
    case GOODBYE: {
      const { view, start, end, count } = body;
      if (start + count * 4 > end) return false;
      for (let index = 0; index < count; index++) byes.push(view.getUint32(start + index * 4));
      return true;
    }
    default:
      return true;
  }
}

function readReport({ view, start, end, count }: Body, isSender: boolean): RtcpReport | undefined {
  const blocksAt = start + 4 + (isSender ? SENDER_INFO_BYTES : 0);
  // What is behind the blocks belongs to profiles that we do not know (section 6.4.3).
  if (blocksAt + count * BLOCK_BYTES > end) return undefined;
  const blocks: ReportBlock[] = [];
  for (let index = 0, at = blocksAt; index < Math.min(count, MAX_BLOCKS); index++, at += BLOCK_BYTES) {
    blocks.push({
      source: view.getUint32(at),
      fractionLost: view.getUint8(at + 4),
      lost: (view.getInt32(at + 4) << 8) >> 8,
      highestSequence: view.getUint32(at + 8),
      jitter: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      sinceSenderReport: view.getUint32(at + 20),
    });
  }
  const ssrc = view.getUint32(start);
  if (!isSender) return { ssrc, blocks };
  const sender: SenderInfo = {
    ntpSeconds: view.getUint32(start + 4),
    ntpFraction: view.getUint32(start + 8),
    rtpTimestamp: view.getUint32(start + 12),
    packets: view.getUint32(start + 16),
    bytes: view.getUint32(start + 20),
  };
  return { ssrc, sender, blocks };
}

/** Each chunk: a source, items of type, length and text, a zero, and zeros up to the next word (RFC 3550 section 6.5). */
function readNames({ view, start, end, count }: Body, names: { ssrc: number; name: string }[]): boolean {
  let at = start;
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 4 > end) return false;
    const ssrc = view.getUint32(at);
    at += 4;
    for (;;) {
      if (at >= end) return false;
      const type = view.getUint8(at);
      if (type === 0) break;
      if (at + 2 > end) return false;
      const textAt = at + 2;
      at = textAt + view.getUint8(at + 1);
      if (at > end) return false;
      if (type !== CNAME || names.length === MAX_NAMES) continue;
      names.push({ ssrc, name: Buffer.from(view.buffer, view.byteOffset + textAt, at - textAt).toString('latin1') });
    }
    at = start + (((at - start) >> 2) + 1) * 4;
  }
  return at <= end;
}

/** What we send: one report of one source, its name, and a goodbye when it is the last. */
export interface OwnReport extends Omit<RtcpReport, 'blocks'> {
  readonly block?: ReportBlock;
  /** At most 255 characters of ASCII. */
  readonly name: string;
  readonly isLast: boolean;
}

/** A compound packet: the report first, then the description, then the goodbye (RFC 3550 section 6.1). */
export function writeRtcp({ ssrc, sender, block, name, isLast }: OwnReport): Uint8Array {
  const reportBytes = HEADER_BYTES + 4 + (sender ? SENDER_INFO_BYTES : 0) + (block ? BLOCK_BYTES : 0);
  // Source, type, length, the text, and at least one zero.
  const chunkBytes = ((4 + 2 + name.length) >> 2) * 4 + 4;
  const bytes = new Uint8Array(reportBytes + HEADER_BYTES + chunkBytes + (isLast ? HEADER_BYTES + 4 : 0));
  const view = viewOf(bytes);
  writeHeader(view, 0, sender ? SENDER_REPORT : RECEIVER_REPORT, block ? 1 : 0, reportBytes);
  view.setUint32(4, ssrc);
  let at = HEADER_BYTES + 4;
  if (sender) {
    view.setUint32(at, sender.ntpSeconds);
    view.setUint32(at + 4, sender.ntpFraction);
    view.setUint32(at + 8, sender.rtpTimestamp);
    view.setUint32(at + 12, sender.packets);
    view.setUint32(at + 16, sender.bytes);
    at += SENDER_INFO_BYTES;
  }
  if (block) {
    view.setUint32(at, block.source);
    view.setInt32(at + 4, Math.max(-0x80_0000, Math.min(0x7f_ffff, block.lost)));
    view.setUint8(at + 4, block.fractionLost);
    view.setUint32(at + 8, block.highestSequence);
    view.setUint32(at + 12, block.jitter);
    view.setUint32(at + 16, block.lastSenderReport);
    view.setUint32(at + 20, block.sinceSenderReport);
    at += BLOCK_BYTES;
  }
  writeHeader(view, at, DESCRIPTION, 1, HEADER_BYTES + chunkBytes);
  view.setUint32(at + 4, ssrc);
  view.setUint8(at + 8, CNAME);
  view.setUint8(at + 9, name.length);
  for (let index = 0; index < name.length; index++) view.setUint8(at + 10 + index, name.charCodeAt(index));
  at += HEADER_BYTES + chunkBytes;
  if (isLast) {
    writeHeader(view, at, GOODBYE, 1, HEADER_BYTES + 4);
    view.setUint32(at + 4, ssrc);
  }
  return bytes;
}

function writeHeader(view: DataView, at: number, type: number, count: number, bytes: number): void {
  view.setUint8(at, 0x80 | count);
  view.setUint8(at + 1, type);
  view.setUint16(at + 2, bytes / 4 - 1);
}
