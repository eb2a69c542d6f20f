import { isIP } from 'node:net';
import { type MediaDescription, parse } from 'sdp-transform';
import { canonicalAddress } from '../../wire/ip-address.ts';
import type { Endpoint } from '../../wire/wire.ts';
import type { AgreedMedia } from '../media/media-port.ts';
import { type Encoding, staticEncodings } from './audio-formats.ts';
import { type CryptoLine, parseCrypto } from './parse-crypto.ts';
import { SdpError } from './sdp-error.ts';

/** One m-line and what belongs to it. */
export interface MediaLine {
  readonly type: string;
  /** 0 when the stream is refused. */
  readonly port: number;
  readonly protocol: string;
  /** Payload types in order of preference, as written; other than RTP may have names. */
  readonly formats: readonly string[];
  /** Where the peer wants to receive: the media's own c= line, else that of the session. Absent when it is no IP address. */
  readonly address: string | undefined;
  readonly direction: AgreedMedia['direction'];
  /** By payload type. */
  readonly encodings: ReadonlyMap<string, Encoding>;
  /** Where the peer wants RTCP by a=rtcp (RFC 3605), or undefined: on the next port. */
  readonly rtcp: Endpoint | undefined;
  /** Whether RTCP may share the port of RTP (RFC 5761). */
  readonly rtcpMux: boolean;
  /** Its a=crypto lines of which we can use every part (RFC 4568), in order of preference. */
  readonly crypto: readonly CryptoLine[];
}

/** What is used of a session description. */
export interface Session {
  readonly timing: { readonly start: number; readonly stop: number };
  readonly media: readonly MediaLine[];
}

export const MAX_SDP_LENGTH = 16 * 1024;
export const MAX_SDP_LINES = 500;
export const MAX_SDP_LINE_LENGTH = 1024;
export const MAX_MEDIA_LINES = 16;
const MAX_FORMATS = 64;

const READ_LINES = /^(?:[vct]=|m=|a=(?:rtpmap:|rtcp:|rtcp-mux$|sendrecv$|sendonly$|recvonly$|inactive$))/;
const CRYPTO = 'a=crypto:';
const FORMAT = /^[\w.+-]{1,64}$/;

/**
 * Reads a session description (RFC 8866).
 * @throws SdpError `malformed` or `too-large`
 */
export function readSession(text: string): Session {
  const lines = splitLines(text);
  if (lines[0] !== 'v=0') throw new SdpError('malformed', 'The session description does not begin with v=0');
  // Only what is used goes to the text layer: its other rules would be work that the peer chooses.
  const cryptoByMedia = readCrypto(lines);
  const session = parse(
    lines
      .filter((line) => READ_LINES.test(line))
      .map(withoutPortCount)
      .join('\r\n'),
  );
  if (session.media.length > MAX_MEDIA_LINES) throw new SdpError('too-large', 'There are too many media lines');
  return {
    timing: { start: secondsOf(session.timing?.start), stop: secondsOf(session.timing?.stop) },
    media: session.media.map((media, index) => ({
      ...readMedia(media, addressOf(session.connection), session.direction),
      crypto: cryptoByMedia[index] ?? [],
    })),
  };
}

function splitLines(text: string): string[] {
  if (text.length > MAX_SDP_LENGTH) throw new SdpError('too-large', 'The session description is too long');
  const lines = text.split(/\r\n|\r|\n/, MAX_SDP_LINES + 1);
  if (lines.length > MAX_SDP_LINES) throw new SdpError('too-large', 'The session description has too many lines');
  if (lines.some((line) => line.length > MAX_SDP_LINE_LENGTH)) throw new SdpError('too-large', 'A line is too long');
  return lines;
}

/** The a=crypto lines of each m-line; the text layer would drop some of their parts. */
function readCrypto(lines: readonly string[]): CryptoLine[][] {
  const byMedia: CryptoLine[][] = [];
  for (const line of lines) {
    if (line.startsWith('m=')) byMedia.push([]);
    const crypto = line.startsWith(CRYPTO) ? parseCrypto(line.slice(CRYPTO.length)) : undefined;
    if (crypto) byMedia.at(-1)?.push(crypto);
  }
  return byMedia;
}

/** `m=audio 5004/2 RTP/AVP 0` asks for two port pairs (RFC 8866 section 5.14); only the first is used. */
function withoutPortCount(line: string): string {
  return line.startsWith('m=') ? line.replace(/^(m=\w+ \d+)\/\d+ /, '$1 ') : line;
}

function readMedia(
  media: MediaDescription,
  sessionAddress: string | undefined,
  sessionDirection: MediaLine['direction'] | undefined,
): Omit<MediaLine, 'crypto'> {
  const { type, port, protocol } = media;
  if (!type || !Number.isInteger(port) || port > 65535) throw new SdpError('malformed', 'A media line is not valid');
  const formats = String(media.payloads ?? '').split(' ', MAX_FORMATS);
  const encodings = new Map(staticEncodings);
  for (const { payload, codec, rate, encoding } of media.rtp) {
    encodings.set(String(payload), { name: String(codec).toUpperCase(), clockRate: Number(rate), channels: Number(encoding ?? 1) });
  }
  const address = media.connection === undefined ? sessionAddress : addressOf(media.connection);
  return {
    type,
    port,
    protocol: String(protocol),
    formats: formats.filter((format) => FORMAT.test(format)),
    address,
    rtcp: rtcpOf(media.rtcp, address),
    rtcpMux: media.rtcpMux !== undefined,
    direction: media.direction ?? sessionDirection ?? 'sendrecv',
    encodings,
  };
}

function addressOf(connection: { version: number; ip: string } | undefined): string | undefined {
  if (connection === undefined) return undefined;
  const address = String(connection.ip);
  return isIP(address) === connection.version && isIP(address) !== 0 && !address.includes('%') ? canonicalAddress(address) : undefined;
}

function rtcpOf(rtcp: MediaDescription['rtcp'], mediaAddress: string | undefined): Endpoint | undefined {
  if (rtcp === undefined || !Number.isInteger(rtcp.port) || rtcp.port < 1 || rtcp.port > 65535) return undefined;
  const { port, ipVer, address } = rtcp;
  if (address === undefined) return mediaAddress === undefined ? undefined : { address: mediaAddress, port };
  const own = addressOf({ version: Number(ipVer), ip: address });
  return own === undefined ? undefined : { address: own, port };
}

function secondsOf(time: number | undefined): number {
  return Number.isSafeInteger(time) ? Number(time) : 0;
}
