/** Bytes of an RTP header without contributing sources or extension (RFC 3550 section 5.1). */
export const RTP_HEADER_BYTES = 12;

/** What a received header says. Made once and filled again for each packet, so that reading allocates nothing. */
export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload begins and ends in the bytes read. */
  payloadStart: number;
  payloadEnd: number;
}

/** An empty header to read into. */
export function newRtpHeader(): RtpHeader {
  return { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, payloadStart: 0, payloadEnd: 0 };
}

/**
 * Reads the header of one packet in place into `into`. Contributing sources, extension and padding are skipped (RFC 3550 sections 5.1
 * and 5.3.1). Answers false, with `into` in no particular state, when the bytes are no RTP packet.
 */
export function readRtpHeader(bytes: Uint8Array, into: RtpHeader): boolean {
  const start = rtpPayloadStart(bytes);
  if (start === undefined) return false;
  const length = bytes.length;
  const first = bytes[0] ?? 0;
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = bytes[length - 1] ?? 0;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  const second = bytes[1] ?? 0;
  into.marker = (second & 0x80) !== 0;
  into.payloadType = second & 0x7f;
  into.sequence = uint16At(bytes, 2);
  into.timestamp = uint32At(bytes, 4);
  into.ssrc = uint32At(bytes, 8);
  into.payloadStart = start;
  into.payloadEnd = end;
  return true;
}

/** Where the payload begins, behind contributing sources and extension; undefined when the bytes are no RTP packet. */
export function rtpPayloadStart(bytes: Uint8Array): number | undefined {
  const length = bytes.length;
  if (length < RTP_HEADER_BYTES) return undefined;
  const first = bytes[0] ?? 0;
  if (first >> 6 !== 2) return undefined;
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return undefined;
    start += 4 + uint16At(bytes, start + 2) * 4;
  }
  return start > length ? undefined : start;
}

/** Writes a plain header into the first 12 bytes of `target`. `timestamp` and `ssrc` are unsigned 32 bit, `sequence` 16 bit. */
export function writeRtpHeader(
  target: Uint8Array,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  target[0] = 0x80;
  target[1] = marker ? payloadType | 0x80 : payloadType;
  target[2] = sequence >> 8;
  target[3] = sequence;
  target[4] = timestamp >>> 24;
  target[5] = timestamp >>> 16;
  target[6] = timestamp >>> 8;
  target[7] = timestamp;
  target[8] = ssrc >>> 24;
  target[9] = ssrc >>> 16;
  target[10] = ssrc >>> 8;
  target[11] = ssrc;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint32At(bytes: Uint8Array, at: number): number {
  return ((uint16At(bytes, at) << 16) | uint16At(bytes, at + 2)) >>> 0;
}
