import { isIPv6 } from 'node:net';
import { type SessionDescription, write } from 'sdp-transform';
import type { AgreedMedia, AudioCodec } from '../media/media-port.ts';
import { type MediaLine, readSession } from './read-session.ts';
import { SdpError } from './sdp-error.ts';

/** Our side of a session: where we receive, and what we can. */
export interface LocalMedia {
  readonly address: string;
  readonly port: number;
  /** Of the o= line: digits; the same in every description of one session (RFC 3264 section 5). */
  readonly sessionId: string;
  /** Of the o= line: one more in each description that differs from the one before. */
  readonly version: number;
  /** In order of preference. */
  readonly codecs: readonly AudioCodec[];
}

/** What we offer. */
export interface Offer extends LocalMedia {
  /** Payload type for telephone-event (RFC 4733), 96 to 127. */
  readonly telephoneEvent: number;
}

type Direction = AgreedMedia['direction'];
type MediaText = SessionDescription['media'][number];

const staticPayloadTypes: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8 };
/** Digits 0-9, *, #, A-D and flash (RFC 4733 section 3.2). */
const EVENTS = '0-16';
const PTIME_MS = 20;
/** What we do when the peer says that it does the key. */
const mirrored: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** The text of an offer of one audio stream (RFC 3264 section 5). */
export function writeOffer(offer: Offer): string {
  const codecs = offer.codecs.map((codec) => ({ payload: staticPayloadTypes[codec], codec }));
  return writeSession(offer, { start: 0, stop: 0 }, [writeAudio(offer.port, codecs, offer.telephoneEvent, 'sendrecv')]);
}

/**
 * What the answer to our offer agrees on (RFC 3264 sections 6 and 7). The codec is the first of the answer that was offered. A hold by
 * address 0.0.0.0 (section 8.4) counts as a direction without sending to the peer.
 * @throws SdpError
 */
export function readAnswer(offer: Offer, text: string): AgreedMedia {
  return agree(readSession(text).media, offer.codecs).agreed;
}

/**
 * Answers an offer: the first audio stream that can be taken is, every other stream is refused with port 0 (RFC 3264 section 6).
 * The codec is the first of the offer that we have.
 * @throws SdpError when no stream can be taken; the answer to the INVITE is then 488.
 */
export function answerOffer(text: string, local: LocalMedia): { answer: string; agreed: AgreedMedia } {
  const { media, timing } = readSession(text);
  const { line, agreed } = agree(media, local.codecs);
  const { telephoneEvent, direction } = agreed;
  const answers = media.map((other) =>
    other === line
      ? writeAudio(local.port, [{ payload: agreed.payloadType, codec: agreed.codec }], telephoneEvent, direction)
      : refuse(other),
  );
  return { answer: writeSession(local, timing, answers), agreed };
}

function agree(media: readonly MediaLine[], codecs: readonly AudioCodec[]): { line: MediaLine; agreed: AgreedMedia } {
  let failure: SdpError | undefined;
  for (const line of media) {
    if (line.type !== 'audio') continue;
    const result = agreeOn(line, codecs);
    if (!(result instanceof SdpError)) return { line, agreed: result };
    failure ??= result;
  }
  throw failure ?? new SdpError('no-audio', 'There is no audio stream');
}

function agreeOn(line: MediaLine, codecs: readonly AudioCodec[]): AgreedMedia | SdpError {
  if (line.port === 0) return new SdpError('rejected', 'The audio stream was refused');
  if (line.protocol !== 'RTP/AVP') return new SdpError('no-protocol', 'The audio stream is not RTP/AVP');
  const { address } = line;
  if (address === undefined) return new SdpError('no-address', 'The audio stream has no usable address');
  for (const format of line.formats) {
    const codec = codecs.find((known) => known === line.encodings.get(format));
    if (codec === undefined) continue;
    const event = line.formats.find((other) => line.encodings.get(other) === 'TELEPHONE-EVENT');
    return {
      remote: { address, port: line.port },
      codec,
      payloadType: Number(format),
      ...(event !== undefined && { telephoneEvent: Number(event) }),
      direction: mirrored[isHold(address) ? withoutReceiving(line.direction) : line.direction],
    };
  }
  return new SdpError('no-codec', 'The audio stream has no codec that we have');
}

function isHold(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function withoutReceiving(direction: Direction): Direction {
  return direction === 'sendrecv' || direction === 'sendonly' ? 'sendonly' : 'inactive';
}

function writeSession(local: LocalMedia, timing: { start: number; stop: number }, media: MediaText[]): string {
  const ipVersion = isIPv6(local.address) ? 6 : 4;
  return write({
    version: 0,
    origin: {
      username: '-',
      sessionId: local.sessionId,
      sessionVersion: local.version,
      netType: 'IN',
      ipVer: ipVersion,
      address: local.address,
    },
    name: '-',
    connection: { version: ipVersion, ip: local.address },
    timing,
    media,
  });
}

function writeAudio(
  port: number,
  codecs: readonly { payload: number; codec: AudioCodec }[],
  telephoneEvent: number | undefined,
  direction: Direction,
): MediaText {
  const rtp: MediaText['rtp'] = codecs.map(({ payload, codec }) => ({ payload, codec, rate: 8000 }));
  const fmtp: MediaText['fmtp'] = [];
  if (telephoneEvent !== undefined) {
    rtp.push({ payload: telephoneEvent, codec: 'telephone-event', rate: 8000 });
    fmtp.push({ payload: telephoneEvent, config: EVENTS });
  }
  const payloads = rtp.map(({ payload }) => payload).join(' ');
  return { type: 'audio', port, protocol: 'RTP/AVP', payloads, rtp, fmtp, ptime: PTIME_MS, direction };
}

/** A refused stream still names one format of the offer (RFC 3264 section 6). */
function refuse(line: MediaLine): MediaText {
  return { type: line.type, port: 0, protocol: line.protocol, payloads: line.formats[0] ?? '0', rtp: [], fmtp: [] };
}
