import { type AcceptedType, type AgreedMedia, clockRates } from './media-port.ts';

/** The static payload type of comfort noise, whose clock is always 8000 Hz (RFC 3389 section 4). */
const COMFORT_NOISE = 13;
const NOISE_RATE = 8000;

/** What a payload type carries; undefined when it was not agreed. */
export function codecOf(
  payloadType: number,
  { codec, payloadType: agreedType, telephoneEvent, accepts }: AgreedMedia,
): AcceptedType['codec'] | 'CN' | undefined {
  if (payloadType === telephoneEvent) return 'telephone-event';
  if (payloadType === agreedType) return codec;
  // Many peers send it unasked: no other payload type may have this number.
  if (payloadType === COMFORT_NOISE && clockRates[codec] === NOISE_RATE) return 'CN';
  if (accepts) for (const accepted of accepts) if (accepted.payloadType === payloadType) return accepted.codec;
  return undefined;
}
