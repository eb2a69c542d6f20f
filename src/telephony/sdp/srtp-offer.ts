import type { Random } from '../../kernel/random.ts';
import { masterBytes, type SrtpKeys, type SrtpSuite } from '../media/media-port.ts';
import type { CryptoLine } from './parse-crypto.ts';
import type { MediaLine } from './read-session.ts';
import { SdpError } from './sdp-error.ts';

/**
 * Whether a call is encrypted. `required`: RTP/SAVP is offered, and without a key there is no call. `optional`: RTP/AVP is offered with
 * a=crypto lines, so that a peer that has no SRTP answers in clear. `off`: no key is offered or taken.
 */
export type SrtpPolicy = 'off' | 'optional' | 'required';

/** Our side of SRTP in one session: one key for each suite, the same in every description of it. */
export interface LocalSrtp {
  readonly policy: 'optional' | 'required';
  /** In order of preference; their tags are 1, 2, 3. Secret. */
  readonly lines: readonly CryptoLine[];
}

/** The suite that every peer has comes first. */
const preference: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** New keys for one session, or undefined when it is to have none. */
export function newLocalSrtp(policy: SrtpPolicy, random: Random): LocalSrtp | undefined {
  if (policy === 'off') return undefined;
  const lines = preference.map((suite, index) => ({ tag: index + 1, suite, keyAndSalt: random.bytes(masterBytes(suite)) }));
  return { policy, lines };
}

/** How the text layer writes an a=crypto line. */
export function cryptoText({ tag, suite, keyAndSalt }: CryptoLine): { id: number; suite: string; config: string } {
  return { id: tag, suite, config: `inline:${Buffer.from(keyAndSalt).toString('base64')}` };
}

/** What one stream agrees on: with `keys` and the line that we answer with, or neither when it is in clear. */
export interface AgreedSrtp {
  readonly keys?: SrtpKeys;
  readonly line?: CryptoLine;
}

/**
 * Chooses the keys of a stream. Of an offer the first line that we can use is taken, and answered with its tag and a key of ours. An answer
 * has to name one line of our offer by tag and suite (RFC 4568 sections 5.1.2 and 5.1.3). RTP/AVP with a key is taken like RTP/SAVP: that
 * is how peers offer SRTP that may be left out. The profiles with feedback (RFC 4585, RFC 5124) are taken like those without: an answer without
 * a=rtcp-fb agrees on none, and who sends no feedback works with who could (RFC 4585 section 5).
 */
export function agreeOnSrtp(media: MediaLine, local: LocalSrtp | undefined, role: 'offerer' | 'answerer'): AgreedSrtp | SdpError {
  const isSecure = media.protocol === 'RTP/SAVP' || media.protocol === 'RTP/SAVPF';
  if (!isSecure && media.protocol !== 'RTP/AVP' && media.protocol !== 'RTP/AVPF') return noProtocol;
  if (!local) return isSecure ? noProtocol : {};
  for (const theirs of media.crypto) {
    const ours = local.lines.find(({ suite, tag }) => suite === theirs.suite && (role === 'answerer' || tag === theirs.tag));
    if (!ours) continue;
    return { keys: { suite: ours.suite, send: ours.keyAndSalt, receive: theirs.keyAndSalt }, line: { ...ours, tag: theirs.tag } };
  }
  return isSecure || local.policy === 'required' ? new SdpError('no-key', 'The audio stream has no key for SRTP that we can use') : {};
}

const noProtocol = new SdpError('no-protocol', 'The audio stream is neither RTP/AVP, RTP/AVPF nor an RTP/SAVP that we may have');

/** A description without its keys, as it may be stored. */
export function withoutKeys(sdp: string): string {
  return sdp.replace(/^a=crypto:[^\r\n]*\r?\n?/gm, '');
}
