import { isIPv6 } from 'node:net';
import { type SessionDescription, write } from 'sdp-transform';
import { familyOf } from '../../wire/ip-address.ts';
import { type AgreedMedia, type AudioCodec, clockRates } from '../media/media-port.ts';
import { agreeOnCodec } from './agree-codec.ts';
import { comfortNoiseFormat, eventFormatOf, type Format, formatOf, type OfferedTypes, offeredTypes } from './audio-formats.ts';
import type { CryptoLine } from './parse-crypto.ts';
import { type MediaLine, readSession } from './read-session.ts';
import { SdpError } from './sdp-error.ts';
import { agreeOnSrtp, cryptoText, type LocalSrtp } from './srtp-offer.ts';

/** Our side of a session: where we receive, and what we can. */
export interface LocalMedia {
  readonly address: string;
  /** Where we receive too, of the other family and on the same port: an answer has the one that is of the family of the offer. */
  readonly otherAddress?: string;
  readonly port: number;
  /** Of the o= line: digits; the same in every description of one session (RFC 3264 section 5). */
  readonly sessionId: string;
  /** Of the o= line: one more in each description that differs from the one before. */
  readonly version: number;
  /** In order of preference. */
  readonly codecs: readonly AudioCodec[];
  /** Absent: RTP in clear only. */
  readonly srtp?: LocalSrtp;
  /** True while we hold the call: we may send, music say, and hear nothing (RFC 3264 section 8.4). */
  readonly holds?: boolean;
}

/** What we offer. */
export interface Offer extends LocalMedia {
  /** Payload type for telephone-event (RFC 4733), 96 to 127. */
  readonly telephoneEvent: number;
  /** Which of the codecs is written before all others, whatever their order, if it is one of them. What each is numbered does not depend on it. */
  readonly firstCodec?: AudioCodec;
  /** The transport of the m-line, where the peer has offered one before (RTP/SAVPF, say); absent: as SRTP asks for. */
  readonly profile?: string;
}

type Direction = AgreedMedia['direction'];
type MediaText = SessionDescription['media'][number];

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
  const { port, srtp } = offer;
  const direction = offer.holds ? 'sendonly' : 'sendrecv';
  const { audio, events } = offeredTypes(offer.codecs, offer.telephoneEvent);
  const isFirst = ({ codec }: { readonly codec: AudioCodec }): boolean => codec === offer.firstCodec;
  const formats = [
    ...[...audio.filter(isFirst), ...audio.filter((type) => !isFirst(type))].map(({ codec, payloadType }) => formatOf(codec, payloadType)),
    ...events.map(({ payloadType, clockRate }) => eventFormatOf(payloadType, clockRate)),
  ];
  const protocol = offer.profile ?? (srtp?.policy === 'required' ? 'RTP/SAVP' : 'RTP/AVP');
  const media = writeAudio({ port, protocol, formats, direction, crypto: srtp?.lines ?? [], rtcpMux: true });
  return writeSession(offer, { start: 0, stop: 0 }, [media]);
}

/**
 * What the answer to our offer agrees on (RFC 3264 sections 6 and 7). We send the first codec of the answer that was offered. A hold by
 * address 0.0.0.0 (section 8.4) counts as a direction without sending to the peer.
 * @throws SdpError
 */
export function readAnswer(offer: Offer, text: string): AgreedMedia {
  return agree(readSession(text).media, offer, offeredTypes(offer.codecs, offer.telephoneEvent)).agreed;
}

/**
 * Answers an offer: the first audio stream that can be taken is, every other stream is refused with port 0 (RFC 3264 section 6).
 * The codec is the first of the offer that we have. `profile` is the transport of that stream.
 * @throws SdpError when no stream can be taken; the answer to the INVITE is then 488.
 */
export function answerOffer(text: string, local: LocalMedia): { answer: string; agreed: AgreedMedia; profile: string } {
  const { media, timing } = readSession(text);
  const { line, agreed, crypto } = agree(media, local, undefined);
  const { codec, payloadType, telephoneEvent, telephoneEventRate = clockRates[codec], direction } = agreed;
  const formats = [
    formatOf(codec, payloadType),
    ...(takesComfortNoise(line, codec) ? [comfortNoiseFormat] : []),
    ...(telephoneEvent === undefined ? [] : [eventFormatOf(telephoneEvent, telephoneEventRate)]),
  ];
  const answers = media.map((other) =>
    other === line
      ? writeAudio({
          port: local.port,
          protocol: line.protocol,
          formats,
          direction,
          crypto,
          rtcpMux: line.rtcpMux,
        })
      : refuse(other),
  );
  return { answer: writeSession(localFor(agreed.remote.address, local), timing, answers), agreed, profile: line.protocol };
}

/** Whether the peer offers comfort noise for this codec. We do not offer it ourselves: that would ask the peer to suppress silence. */
function takesComfortNoise({ formats, encodings }: MediaLine, codec: AudioCodec): boolean {
  const { payloadType, name, clockRate } = comfortNoiseFormat;
  const encoding = encodings.get(String(payloadType));
  const isIt = encoding === undefined || (encoding.name === name && encoding.clockRate === clockRate);
  return isIt && clockRates[codec] === clockRate && formats.includes(String(payloadType));
}

interface Agreement {
  readonly line: MediaLine;
  readonly agreed: AgreedMedia;
  /** The a=crypto line of our answer, or none. */
  readonly crypto: readonly CryptoLine[];
}

function agree(media: readonly MediaLine[], local: LocalMedia, offered: OfferedTypes | undefined): Agreement {
  let failure: SdpError | undefined;
  for (const line of media) {
    if (line.type !== 'audio') continue;
    const result = agreeOn(line, local, offered);
    if (!(result instanceof SdpError)) return result;
    failure ??= result;
  }
  throw failure ?? new SdpError('no-audio', 'There is no audio stream');
}

function agreeOn(line: MediaLine, local: LocalMedia, offered: OfferedTypes | undefined): Agreement | SdpError {
  const { codecs, srtp: localSrtp, holds } = local;
  if (line.port === 0) return new SdpError('rejected', 'The audio stream was refused');
  const srtp = agreeOnSrtp(line, localSrtp, offered ? 'offerer' : 'answerer');
  if (srtp instanceof SdpError) return srtp;
  const { address } = line;
  if (address === undefined) return new SdpError('no-address', 'The audio stream has no usable address');
  if (!isHold(address) && !canReach(local, address))
    return new SdpError('no-address', 'The audio stream is of a family of addresses that we lack');
  const codec = agreeOnCodec(line, codecs, offered);
  if (!codec) return new SdpError('no-codec', 'The audio stream has no codec that we have');
  const remote = { address, port: line.port };
  const rtcp = line.rtcpMux ? remote : line.rtcp;
  const direction = mirrored[isHold(address) ? withoutReceiving(line.direction) : line.direction];
  const agreed: AgreedMedia = {
    remote,
    ...(rtcp && { rtcp }),
    ...codec,
    direction: holds ? withoutReceiving(direction) : direction,
    ...(srtp.keys && { srtp: srtp.keys }),
  };
  return { line, agreed, crypto: srtp.line ? [srtp.line] : [] };
}

/** Our side with the address of the family of `remote` as the one that is written. */
export function localFor<Local extends LocalMedia>(remote: string, local: Local): Local {
  const { address, otherAddress } = local;
  if (otherAddress === undefined || isHold(remote) || familyOf(remote) === familyOf(address)) return local;
  return { ...local, address: otherAddress, otherAddress: address };
}

function canReach({ address, otherAddress }: LocalMedia, remote: string): boolean {
  return otherAddress !== undefined || familyOf(address) === familyOf(remote);
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

interface AudioText {
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly Format[];
  readonly direction: Direction;
  readonly crypto: readonly CryptoLine[];
  /** RTCP may come to, and come from, the port of RTP (RFC 5761). */
  readonly rtcpMux: boolean;
}

function writeAudio({ port, protocol, formats, direction, crypto, rtcpMux }: AudioText): MediaText {
  const rtp = formats.map(({ payloadType: payload, name: codec, clockRate: rate, channels: encoding }) => ({
    payload,
    codec,
    rate,
    ...(encoding && { encoding }),
  }));
  const fmtp = formats.flatMap(({ payloadType: payload, parameters: config }) => (config === undefined ? [] : [{ payload, config }]));
  const payloads = rtp.map(({ payload }) => payload).join(' ');
  return {
    type: 'audio',
    port,
    protocol,
    payloads,
    rtp,
    fmtp,
    ...(crypto.length > 0 && { crypto: crypto.map(cryptoText) }),
    ptime: PTIME_MS,
    ...(rtcpMux && { rtcpMux: 'rtcp-mux' }),
    direction,
  };
}

/** A refused stream still names one format of the offer (RFC 3264 section 6). */
function refuse(line: MediaLine): MediaText {
  return { type: line.type, port: 0, protocol: line.protocol, payloads: line.formats[0] ?? '0', rtp: [], fmtp: [] };
}
