import { rtpPayloadStart } from './packet.ts';
import { ReplayWindow } from './replay-window.ts';
import { isRtcp, RTCP_ENCRYPTED, RTCP_PLAIN_BYTES, viewOf } from './srtcp-packet.ts';
import { MAX_SRTP_BYTES, SrtpCipher } from './srtp-cipher.ts';
import { deriveSessionKeys } from './srtp-session-keys.ts';
import { SRTCP_TAG_BYTES, type SrtpMaster, type SrtpSuite, srtpSuites } from './srtp-suite.ts';

/** Sources that a peer may use in one call. Only its own packets count, since they are authenticated first. */
const MAX_SOURCES = 64;

/** Takes the packets of one peer: those that it has protected with its key, each once (RFC 3711 sections 3.3 and 3.4). */
export class SrtpUnprotect {
  readonly #rtp: SrtpCipher;
  readonly #rtcp: SrtpCipher;
  #tagBytes: number;
  readonly #rtpSources = new Map<number, ReplayWindow>();
  readonly #rtcpSources = new Map<number, ReplayWindow>();
  readonly #in = new Uint8Array(MAX_SRTP_BYTES + 4);
  readonly #inView = viewOf(this.#in);
  /** Made anew only when the length changes. */
  #signed = this.#in;
  #packet = this.#in;

  /** @throws RangeError when the master key has not the size of its suite */
  constructor(master: SrtpMaster) {
    this.#rtp = new SrtpCipher(deriveSessionKeys(master, 'rtp'));
    this.#rtcp = new SrtpCipher(deriveSessionKeys(master, 'rtcp'));
    this.#tagBytes = srtpSuites[master.suite].tagBytes;
  }

  /** Another suite has the same master key from now on: the tag has the length of that, and all else goes on. */
  changeSuite(suite: SrtpSuite): void {
    this.#tagBytes = srtpSuites[suite].tagBytes;
  }

  /**
   * The packet in clear: RTP in the bytes that came, RTCP in bytes that the next call overwrites. Undefined when it is not the peer's, was changed, has
   * come before, is too old, or is no packet at all: then the bytes that came are as they were.
   */
  unprotect(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length > MAX_SRTP_BYTES) return undefined;
    if (!isRtcp(bytes)) return this.#unprotectRtp(bytes);
    // Against RFC 4568 section 6.2.2 libre and mediastreamer give reports the short tag of their suite too.
    const isShort = this.#tagBytes < SRTCP_TAG_BYTES;
    return this.#unprotectRtcp(bytes, SRTCP_TAG_BYTES) ?? (isShort ? this.#unprotectRtcp(bytes, this.#tagBytes) : undefined);
  }

  #unprotectRtp(bytes: Uint8Array): Uint8Array | undefined {
    const end = bytes.length - this.#tagBytes;
    const start = rtpPayloadStart(bytes);
    if (start === undefined || start > end) return undefined;
    this.#in.set(bytes);
    const sequence = this.#inView.getUint16(2);
    const ssrc = this.#inView.getUint32(8);
    const source = this.#rtpSources.get(ssrc);
    const rollovers = source ? guessRollovers(source.highest, sequence) : 0;
    if (rollovers < 0) return undefined;
    const index = rollovers * 0x1_0000 + sequence;
    if (source && !source.isNew(index)) return undefined;
    this.#inView.setUint32(end, rollovers);
    if (this.#signed.length !== end + 4) this.#signed = this.#in.subarray(0, end + 4);
    if (!this.#rtp.hasTag(this.#signed, bytes, end, this.#tagBytes)) return undefined;
    if (!take(this.#rtpSources, ssrc, source, index)) return undefined;
    this.#rtp.apply(this.#in, start, end, ssrc, rollovers, sequence);
    bytes.set(this.#upTo(end));
    return bytes.subarray(0, end);
  }

  #unprotectRtcp(bytes: Uint8Array, tagBytes: number): Uint8Array | undefined {
    const tagAt = bytes.length - tagBytes;
    const end = tagAt - 4;
    if (end < RTCP_PLAIN_BYTES) return undefined;
    this.#in.set(bytes);
    const flagged = this.#inView.getUint32(end);
    const index = flagged & ~RTCP_ENCRYPTED;
    const ssrc = this.#inView.getUint32(4);
    const source = this.#rtcpSources.get(ssrc);
    if (source && !source.isNew(index)) return undefined;
    if (!this.#rtcp.hasTag(this.#in.subarray(0, tagAt), bytes, tagAt, tagBytes)) return undefined;
    if (!take(this.#rtcpSources, ssrc, source, index)) return undefined;
    if (flagged !== index) this.#rtcp.apply(this.#in, RTCP_PLAIN_BYTES, end, ssrc, index >>> 16, index & 0xffff);
    return this.#upTo(end);
  }

  #upTo(end: number): Uint8Array {
    if (this.#packet.length !== end) this.#packet = this.#in.subarray(0, end);
    return this.#packet;
  }
}

/** How often the sequence numbers have begun anew when this one was sent, as near as possible to the highest index (RFC 3711 section 3.3.1). */
function guessRollovers(highest: number, sequence: number): number {
  const rollovers = Math.floor(highest / 0x1_0000);
  const distance = sequence - (highest % 0x1_0000);
  if (distance > 0x8000) return rollovers - 1;
  return distance < -0x8000 ? rollovers + 1 : rollovers;
}

function take(sources: Map<number, ReplayWindow>, ssrc: number, known: ReplayWindow | undefined, index: number): boolean {
  if (!known && sources.size >= MAX_SOURCES) return false;
  const source = known ?? new ReplayWindow();
  if (!known) sources.set(ssrc, source);
  source.take(index);
  return true;
}
