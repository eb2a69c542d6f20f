import type { Random } from '../kernel/random.ts';
import { type ByFamily, byFamily, familyOf } from '../wire/ip-address.ts';
import { LegMedia } from './leg-media.ts';
import { type AudioCodec, audioCodecs, type MediaStream } from './media/media-port.ts';
import type { AnswerRequest } from './port.ts';
import { newLocalSrtp } from './sdp/srtp-offer.ts';

/** The payload type that we offer for telephone-event. */
const TELEPHONE_EVENT = 101;

/** How a leg offers and hears its audio: what is absent is as the default of each says. */
export interface LegMediaRequest extends Omit<AnswerRequest, 'legId' | 'from' | 'to'> {
  /** Which of the codecs is offered before all others, if it is one of them. */
  readonly firstCodec?: AudioCodec | undefined;
}

/**
 * The offers and answers of a new leg over this stream.
 * @param publicAddresses where peers send audio to, where that is not the local address of the stream
 */
export function newLegMedia(stream: MediaStream, settings: LegMediaRequest, publicAddresses: ByFamily, random: Random): LegMedia {
  const { srtp: policy = 'off', codecs = audioCodecs, firstCodec } = settings;
  const { inbandDigits = 'fallback', rtpSource = 'latch', digits = 'rtp' } = settings;
  const { local } = stream;
  const addresses = { ...byFamily([local.address]), ...publicAddresses };
  const family = familyOf(local.address);
  const otherAddress = addresses[family === 4 ? 6 : 4];
  const srtp = newLocalSrtp(policy, random);
  const offer = {
    address: addresses[family] ?? local.address,
    ...(otherAddress !== undefined && { otherAddress }),
    port: local.port,
    sessionId: String(random.below(0x7fff_ffff)),
    version: 1,
    codecs,
    ...(firstCodec && { firstCodec }),
    telephoneEvent: TELEPHONE_EVENT,
    ...(srtp && { srtp }),
  };
  return new LegMedia(stream, offer, { inbandDigits, rtpSource, digits, newSrtp: () => newLocalSrtp(policy, random) });
}
