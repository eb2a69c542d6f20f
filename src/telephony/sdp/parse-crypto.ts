import { masterBytes, type SrtpMaster, type SrtpSuite } from '../media/media-port.ts';

/** What an a=crypto line offers, or agrees to. */
export interface CryptoLine extends SrtpMaster {
  /** Which line of the offer an answer means. */
  readonly tag: number;
}

const MAX_TAG = 999_999_999;
/** A key that may be used for fewer packets than this (some hours of a call) would have to be replaced during it. */
const LEAST_LIFETIME = 2 ** 20;

/**
 * Reads what stands behind `a=crypto:` (RFC 4568 section 9.1): tag, suite, `inline:` key with an optional lifetime, session parameters.
 * Undefined when it is not valid, or has a part that we cannot follow, so that the line must not be chosen (section 5.1.2): another suite,
 * several keys, a master key identifier, a session parameter that changes how packets are protected.
 */
export function parseCrypto(text: string): CryptoLine | undefined {
  const [tagText = '', suiteText = '', keyText = '', ...parameters] = text.trim().split(/[ \t]+/);
  const tag = /^\d{1,9}$/.test(tagText) ? Number(tagText) : MAX_TAG + 1;
  const suite = suiteOf(suiteText);
  if (tag > MAX_TAG || suite === undefined || !parameters.every(isHarmless)) return undefined;
  const [method, key = '', ...rest] = keyText.split(/[:|]/, 5);
  if (method?.toLowerCase() !== 'inline' || rest.length > 1 || (rest[0] !== undefined && !lastsLongEnough(rest[0]))) return undefined;
  const keyAndSalt = decodeKey(key, masterBytes(suite));
  return keyAndSalt && { tag, suite, keyAndSalt };
}

function suiteOf(text: string): SrtpSuite | undefined {
  for (const suite of suiteNames) if (suite === text) return suite;
  return undefined;
}

const suiteNames: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** Of the session parameters, those that change nothing for us: the window hint, and extensions that may be passed over (section 6.3). */
function isHarmless(parameter: string): boolean {
  return /^WSH=\d{1,9}$/.test(parameter) || parameter === 'KDR=0' || parameter.startsWith('-');
}

function lastsLongEnough(lifetime: string): boolean {
  const power = /^2\^(\d{1,2})$/.exec(lifetime);
  if (power) return 2 ** Number(power[1]) >= LEAST_LIFETIME && Number(power[1]) <= 48;
  return /^\d{1,15}$/.test(lifetime) && Number(lifetime) >= LEAST_LIFETIME;
}

function decodeKey(text: string, length: number): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Uint8Array.from(Buffer.from(text, 'base64'));
  return key.length === length ? key : undefined;
}
