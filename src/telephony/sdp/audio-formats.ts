import type { AudioCodec } from '../media/media-port.ts';

/** What a=rtpmap says of a payload type. */
export interface Encoding {
  /** In upper case. */
  readonly name: string;
  /** Of the RTP timestamps, in Hz. */
  readonly clockRate: number;
  readonly channels: number;
}

interface AudioFormat extends Encoding {
  /** The one of RFC 3551 section 6. */
  readonly payloadType: number;
}

/** How each codec is written in SDP. G.722 samples at 16000 Hz, but its clock is 8000 Hz (RFC 3551 section 4.5.2). */
export const audioFormats: Readonly<Record<AudioCodec, AudioFormat>> = {
  PCMU: { name: 'PCMU', clockRate: 8000, channels: 1, payloadType: 0 },
  PCMA: { name: 'PCMA', clockRate: 8000, channels: 1, payloadType: 8 },
  G722: { name: 'G722', clockRate: 8000, channels: 1, payloadType: 9 },
};

/** Encodings that need no rtpmap, by payload type. */
export const staticEncodings: readonly (readonly [string, Encoding])[] = Object.values(audioFormats).map((format) => [
  String(format.payloadType),
  format,
]);

/** Whether `encoding` is that of `codec`. */
export function isEncodingOf(codec: AudioCodec, encoding: Encoding | undefined): boolean {
  const { name, clockRate, channels } = audioFormats[codec];
  return encoding?.name === name && encoding.clockRate === clockRate && encoding.channels === channels;
}

/** Whether `encoding` is telephone-event (RFC 4733) with the clock of `codec`, as section 2.1 wants it. */
export function isTelephoneEventOf(codec: AudioCodec, encoding: Encoding | undefined): boolean {
  return encoding?.name === 'TELEPHONE-EVENT' && encoding.clockRate === audioFormats[codec].clockRate;
}
