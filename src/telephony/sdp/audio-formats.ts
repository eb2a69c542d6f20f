import { type AudioCodec, audioCodecs, clockRates } from '../media/media-port.ts';

/** What a=rtpmap says of a payload type. */
export interface Encoding {
  /** In upper case. */
  readonly name: string;
  /** Of the RTP timestamps, in Hz. */
  readonly clockRate: number;
  readonly channels: number;
}

/** A payload type as it is written. */
export interface Format {
  readonly payloadType: number;
  readonly name: string;
  readonly clockRate: number;
  readonly channels?: 2;
  /** Of a=fmtp. */
  readonly parameters?: string;
}

/**
 * Opus always names two channels (RFC 7587 section 7). What we say of us: that we use the copies that help against loss, and hear no more than
 * wideband, of one channel; a phone that is bridged to another by us keeps that much.
 */
const OPUS_PARAMETERS = 'maxplaybackrate=16000;stereo=0;useinbandfec=1';
/** Digits 0-9, *, #, A-D and flash (RFC 4733 section 3.2). */
const EVENTS = '0-16';
/** The static types of RFC 3551 section 6; Opus has none, and gets the number that browsers give it when that is free. */
const payloadTypes: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8, G722: 9, opus: 111 };
const HIGHEST_DYNAMIC_TYPE = 127;

/** How `codec` is written with this payload type. G.722 samples at 16000 Hz, but its clock is 8000 Hz (RFC 3551 section 4.5.2). */
export function formatOf(codec: AudioCodec, payloadType: number): Format {
  const format = { payloadType, name: codec, clockRate: clockRates[codec] };
  return codec === 'opus' ? { ...format, channels: 2, parameters: OPUS_PARAMETERS } : format;
}

/** How telephone-event is written with this payload type and clock. */
export function eventFormatOf(payloadType: number, clockRate: number): Format {
  return { payloadType, name: 'telephone-event', clockRate, parameters: EVENTS };
}

/** How comfort noise is written (RFC 3389 section 4). */
export const comfortNoiseFormat: Format = { payloadType: 13, name: 'CN', clockRate: 8000 };

/** The payload types of an offer. */
export interface OfferedTypes {
  readonly audio: readonly { readonly payloadType: number; readonly codec: AudioCodec }[];
  /** telephone-event, once for each clock rate (RFC 4733 section 2.1). */
  readonly events: readonly { readonly payloadType: number; readonly clockRate: number }[];
}

/** The payload types of an offer of these codecs, in order. `telephoneEvent` is the type of the first telephone-event. */
export function offeredTypes(codecs: readonly AudioCodec[], telephoneEvent: number): OfferedTypes {
  const taken = new Set([telephoneEvent]);
  const free = (wanted: number): number => {
    let type = wanted;
    while (taken.has(type)) type = type === HIGHEST_DYNAMIC_TYPE ? HIGHEST_DYNAMIC_TYPE - 20 : type + 1;
    taken.add(type);
    return type;
  };
  const audio = codecs.map((codec) => ({ codec, payloadType: free(payloadTypes[codec]) }));
  const rates = [...new Set(codecs.map((codec) => clockRates[codec]))];
  const events = rates.map((clockRate, index) => ({ clockRate, payloadType: index === 0 ? telephoneEvent : free(telephoneEvent) }));
  return { audio, events };
}

/** Encodings that need no rtpmap, by payload type. */
export const staticEncodings: readonly (readonly [string, Encoding])[] = audioCodecs
  .filter((codec) => codec !== 'opus')
  .map((codec) => [String(payloadTypes[codec]), { name: codec, clockRate: clockRates[codec], channels: 1 }]);

/** Whether `encoding` is that of `codec`. */
export function isEncodingOf(codec: AudioCodec, encoding: Encoding | undefined): boolean {
  if (encoding?.name !== codec.toUpperCase() || encoding.clockRate !== clockRates[codec]) return false;
  return encoding.channels === (codec === 'opus' ? 2 : 1);
}

/** Whether `encoding` is telephone-event (RFC 4733) with this clock. */
export function isTelephoneEvent(encoding: Encoding | undefined, clockRate: number): boolean {
  return encoding?.name === 'TELEPHONE-EVENT' && encoding.clockRate === clockRate;
}
