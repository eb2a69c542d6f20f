import { rtpPayloadStart } from './packet.ts';
import { isRtcp, RTCP_ENCRYPTED, RTCP_PLAIN_BYTES, viewOf } from './srtcp-packet.ts';
import { MAX_SRTP_BYTES, SrtpCipher } from './srtp-cipher.ts';
import { deriveSessionKeys } from './srtp-session-keys.ts';
import { SRTCP_TAG_BYTES, type SrtpMaster, type SrtpSuite, srtpSuites } from './srtp-suite.ts';

/**
 * Protects the packets of one sender (RFC 3711 sections 3.3 and 3.4). It has one RTP source, whose sequence numbers go up, save that some come late; as long as
 * the master key is the same, the same object has to go on, or key stream would be used twice.
 */
export class SrtpProtect {
  readonly #rtp: SrtpCipher;
  readonly #rtcp: SrtpCipher;
  #tagBytes: number;
  readonly #out = new Uint8Array(MAX_SRTP_BYTES);
  readonly #outView = viewOf(this.#out);
  /** Made anew only when the length changes. */
  #signed = this.#out;
  #packet = this.#out;
  #rollovers = 0;
  #highestSequence: number | undefined;
  #rtcpIndex = 0;

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

  /** The protected packet, in bytes that the next call overwrites; undefined when `bytes` are neither RTP nor RTCP, or too long. */
  protect(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length + SRTCP_TAG_BYTES + 4 > MAX_SRTP_BYTES) return undefined;
    return isRtcp(bytes) ? this.#protectRtcp(bytes) : this.#protectRtp(bytes);
  }

  #protectRtp(bytes: Uint8Array): Uint8Array | undefined {
    const start = rtpPayloadStart(bytes);
    if (start === undefined) return undefined;
    const end = bytes.length;
    this.#out.set(bytes);
    const sequence = this.#outView.getUint16(2);
    const rollovers = this.#rolloversOf(sequence);
    if (rollovers < 0) return undefined;
    this.#rtp.apply(this.#out, start, end, this.#outView.getUint32(8), rollovers, sequence);
    // The tag covers the rollover counter, which is not sent: it stands where the tag goes (section 4.2).
    this.#outView.setUint32(end, rollovers);
    if (this.#signed.length !== end + 4) this.#signed = this.#out.subarray(0, end + 4);
    return this.#finish(this.#rtp.tag(this.#signed), end, this.#tagBytes);
  }

  /** How often the sequence had begun again before this number, which may be a little late. */
  #rolloversOf(sequence: number): number {
    const highest = this.#highestSequence ?? sequence;
    if (((sequence - highest) & 0xffff) >= 0x8000) return sequence > highest ? this.#rollovers - 1 : this.#rollovers;
    if (sequence < highest) this.#rollovers++;
    this.#highestSequence = sequence;
    return this.#rollovers;
  }

  #protectRtcp(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes.length < RTCP_PLAIN_BYTES) return undefined;
    const end = bytes.length;
    this.#out.set(bytes);
    const index = this.#rtcpIndex++;
    this.#rtcp.apply(this.#out, RTCP_PLAIN_BYTES, end, this.#outView.getUint32(4), index >>> 16, index & 0xffff);
    this.#outView.setUint32(end, (index | RTCP_ENCRYPTED) >>> 0);
    return this.#finish(this.#rtcp.tag(this.#out.subarray(0, end + 4)), end + 4, SRTCP_TAG_BYTES);
  }

  #finish(tag: Uint8Array, at: number, tagBytes: number): Uint8Array {
    for (let index = 0; index < tagBytes; index++) this.#out[at + index] = tag[index] ?? 0;
    if (this.#packet.length !== at + tagBytes) this.#packet = this.#out.subarray(0, at + tagBytes);
    return this.#packet;
  }
}
