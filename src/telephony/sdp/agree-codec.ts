import type { AcceptedType, AgreedMedia, AudioCodec } from '../media/media-port.ts';
import { isEncodingOf, isTelephoneEventOf } from './audio-formats.ts';
import type { MediaLine } from './read-session.ts';

type AgreedCodec = Pick<AgreedMedia, 'codec' | 'payloadType' | 'telephoneEvent' | 'accepts'>;

/**
 * Chooses the codec of a stream: the first of the peer's formats that is one of `codecs`. An answer may name several, and the peer may change
 * between them as it likes (RFC 3264 section 7), so they are all accepted; we answer with one. Undefined when there is none.
 */
export function agreeOnCodec(
  { formats, encodings }: MediaLine,
  codecs: readonly AudioCodec[],
  role: 'offerer' | 'answerer',
): AgreedCodec | undefined {
  const found: { payloadType: number; codec: AudioCodec }[] = [];
  for (const format of formats) {
    const codec = codecs.find((known) => isEncodingOf(known, encodings.get(format)));
    if (codec !== undefined && !found.some((other) => other.codec === codec)) found.push({ payloadType: Number(format), codec });
  }
  const [chosen, ...others] = found;
  if (!chosen) return undefined;
  const event = formats.find((format) => isTelephoneEventOf(chosen.codec, encodings.get(format)));
  const accepts: readonly AcceptedType[] = role === 'offerer' ? others : [];
  return {
    codec: chosen.codec,
    payloadType: chosen.payloadType,
    ...(event !== undefined && { telephoneEvent: Number(event) }),
    ...(accepts.length > 0 && { accepts }),
  };
}
