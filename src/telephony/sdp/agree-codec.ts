import { type AcceptedType, type AgreedMedia, type AudioCodec, clockRates } from '../media/media-port.ts';
import { isEncodingOf, isTelephoneEvent, type OfferedTypes } from './audio-formats.ts';
import type { MediaLine } from './read-session.ts';

type AgreedCodec = Pick<AgreedMedia, 'codec' | 'payloadType' | 'telephoneEvent' | 'telephoneEventRate' | 'accepts'>;

/** The clock of telephone-event that nearly everybody has. */
const COMMON_RATE = 8000;

/**
 * Chooses the codec of a stream: the first of the peer's formats that is one of `codecs`. `offered` is our offer when the peer has answered it,
 * and undefined when we answer. Undefined when there is no codec in common.
 */
export function agreeOnCodec(line: MediaLine, codecs: readonly AudioCodec[], offered: OfferedTypes | undefined): AgreedCodec | undefined {
  const { formats, encodings } = line;
  const found: { payloadType: number; codec: AudioCodec }[] = [];
  for (const format of formats) {
    const codec = codecs.find((known) => isEncodingOf(known, encodings.get(format)));
    if (codec !== undefined && isPayloadType(format)) found.push({ payloadType: Number(format), codec });
  }
  const [chosen] = found;
  if (!chosen) return undefined;
  const event = eventOf(line, clockRates[chosen.codec]);
  const accepts = offered ? acceptedBesides(chosen.payloadType, event, found, offered) : [];
  return {
    codec: chosen.codec,
    payloadType: chosen.payloadType,
    ...(event && { telephoneEvent: event.payloadType }),
    ...(event && event.clockRate !== clockRates[chosen.codec] && { telephoneEventRate: event.clockRate }),
    ...(accepts.length > 0 && { accepts }),
  };
}

/** RTP has seven bits for it (RFC 3550 section 5.1). */
function isPayloadType(format: string): boolean {
  const type = Number(format);
  return Number.isInteger(type) && type >= 0 && type <= 127;
}

/** telephone-event with the clock of the codec, as RFC 4733 section 2.1 wants it, or else the common one, as some phones have it with Opus. */
function eventOf({ formats, encodings }: MediaLine, clockRate: number): { payloadType: number; clockRate: number } | undefined {
  for (const rate of [clockRate, COMMON_RATE]) {
    const format = formats.find((other) => isPayloadType(other) && isTelephoneEvent(encodings.get(other), rate));
    if (format !== undefined) return { payloadType: Number(format), clockRate: rate };
  }
  return undefined;
}

/**
 * An answer may name several codecs, and the peer may change between them as it likes (RFC 3264 section 7). It is free to number them anew for
 * what we send, while what it sends has the numbers of our offer (section 6.1); not every peer keeps to that, so both are accepted, and each of
 * several numbers of one codec.
 */
function acceptedBesides(
  audioType: number,
  event: { readonly payloadType: number; readonly clockRate: number } | undefined,
  found: readonly { payloadType: number; codec: AudioCodec }[],
  { audio, events }: OfferedTypes,
): readonly AcceptedType[] {
  const accepted: AcceptedType[] = [];
  const accept = (payloadType: number, codec: AcceptedType['codec']): void => {
    const isKnown =
      payloadType === audioType || payloadType === event?.payloadType || accepted.some((other) => other.payloadType === payloadType);
    if (!isKnown) accepted.push({ payloadType, codec });
  };
  for (const { payloadType, codec } of found) accept(payloadType, codec);
  for (const { payloadType, codec } of audio) if (found.some((other) => other.codec === codec)) accept(payloadType, codec);
  for (const { payloadType, clockRate } of events) if (clockRate === event?.clockRate) accept(payloadType, 'telephone-event');
  return accepted;
}
