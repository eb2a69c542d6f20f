import type { RtcpReport } from './rtcp-packet.ts';

/** So many packets of ours before a report, two seconds of audio: whoever hears us has heard of some by then. */
const LEAST_PACKETS = 100;
/** One report may be odd. */
const LEAST_REPORTS = 2;

/**
 * Whether the peer hears us, by its reports: each has a block about every source that it has heard since the one before (RFC 3550 section
 * 6.4). Only reports of one who sends count, since an empty report of a receiver is also what keeps the way through a NAT open; and none with a block
 * about somebody else, since a relay may have given us another name.
 */
export class HeardThere {
  readonly #ssrc: number;
  #isHeard = false;
  #without = 0;
  /** Packets of ours at the last report that counted. */
  #packets = 0;

  /** `ssrc` is our source. */
  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  /** Undefined when the reports say too little. */
  get verdict(): boolean | undefined {
    if (this.#isHeard) return true;
    return this.#without >= LEAST_REPORTS ? false : undefined;
  }

  /** The call is answered, `packets` of ours were sent: from now on it counts. */
  answered(packets: number): void {
    this.#isHeard = false;
    this.#without = 0;
    this.#packets = packets;
  }

  /** A report came that is no goodbye. `packets` of ours were sent so far. */
  report({ sender, blocks }: RtcpReport, packets: number): void {
    if (blocks.some(({ source }) => source === this.#ssrc)) this.#isHeard = true;
    // Some say of nobody that they have heard nothing of it.
    if (!sender || blocks.some(({ source }) => source !== 0)) return;
    if (packets - this.#packets < LEAST_PACKETS) return;
    this.#packets = packets;
    this.#without++;
  }
}
