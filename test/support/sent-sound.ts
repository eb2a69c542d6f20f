import { decodeG711 } from '../../src/telephony/audio/g711.ts';
import { newRtpHeader, readRtpHeader, rtpPayloadStart } from '../../src/telephony/rtp/packet.ts';
import type { HearingPhone } from './heard-tones.ts';
import { buildWav } from './sound.ts';

/** What the PCMU in RTP on its way to a phone sounds like, for a phone that does not keep all that it hears itself. */
export class SentSound implements HearingPhone {
  readonly #header = newRtpHeader();
  readonly #said: Buffer[] = [];

  /** Takes a packet; one that is no PCMU is nothing. */
  take(packet: Buffer): void {
    const start = rtpPayloadStart(packet);
    if (start === undefined || !readRtpHeader(packet, this.#header) || this.#header.payloadType !== 0) return;
    const samples = new Int16Array(packet.length - start);
    decodeG711('PCMU', packet.subarray(start), samples);
    this.#said.push(Buffer.from(samples.buffer));
  }

  async heardSoFar(): Promise<Uint8Array> {
    return buildWav({ data: Buffer.concat(this.#said) });
  }
}
