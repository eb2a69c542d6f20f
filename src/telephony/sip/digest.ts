import { createHash, timingSafeEqual } from 'node:crypto';
import { type Random, randomHex } from '../../kernel/random.ts';
import { parseCredentials } from './parse-credentials.ts';
import { SipParseError } from './sip-parse-error.ts';
import { quote } from './token.ts';

const hashes = { 'SHA-256': 'sha256', MD5: 'md5' } as const;

export type DigestAlgorithm = keyof typeof hashes;

/** RFC 8760 section 2.1. */
const strongestFirst: readonly DigestAlgorithm[] = ['SHA-256', 'MD5'];

/** A Digest challenge that can be answered. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** Absent for a server of RFC 2069, which sends no qop. */
  readonly qop?: 'auth';
  readonly opaque?: string;
  /** The credentials were right but the nonce was too old: answer again with the same ones. */
  readonly stale: boolean;
}

export interface ChallengeAnswer {
  /** A WWW-Authenticate or Proxy-Authenticate value. */
  readonly challenge: string;
  readonly method: string;
  /** The Request-URI of the request that is repeated. */
  readonly uri: string;
  readonly userName: string;
  readonly password: string;
  readonly random: Random;
  /** How many requests, this one included, were sent with this nonce. */
  readonly nonceCount: number;
}

/**
 * Reads a WWW-Authenticate or Proxy-Authenticate value (RFC 3261 section 20.44, RFC 7616 section 3.3).
 * @returns undefined when it asks for something that is not supported: another scheme or algorithm, or only auth-int.
 * @throws SipParseError 400
 */
export function parseChallenge(text: string): Challenge | undefined {
  const { scheme, params } = parseCredentials(text);
  if (scheme !== 'digest') return undefined;
  const realm = params.get('realm');
  const nonce = params.get('nonce');
  if (realm === undefined || nonce === undefined) throw new SipParseError(400, 'A Digest challenge needs realm and nonce');
  const algorithm = algorithmOf(params.get('algorithm'));
  const qop = params.get('qop');
  const offersAuth = qop?.split(',').some((option) => option.trim().toLowerCase() === 'auth') ?? false;
  if (algorithm === undefined || (qop !== undefined && !offersAuth)) return undefined;
  const opaque = params.get('opaque');
  return {
    realm,
    nonce,
    algorithm,
    ...(offersAuth && { qop: 'auth' as const }),
    ...(opaque !== undefined && { opaque }),
    stale: params.get('stale')?.toLowerCase() === 'true',
  };
}

/**
 * Of several challenges of one message, the one to answer: the strongest that is supported, the topmost among equals
 * (RFC 8760 section 2.4). Challenges that cannot be read are passed over.
 */
export function chooseChallenge(texts: readonly string[]): string | undefined {
  let best: { text: string; rank: number } | undefined;
  for (const text of texts) {
    const rank = rankOf(text);
    if (rank !== undefined && (best === undefined || rank < best.rank)) best = { text, rank };
  }
  return best?.text;
}

/**
 * The Authorization or Proxy-Authorization value that answers a challenge (RFC 3261 section 22.4, RFC 7616 section 3.4).
 * @throws SipParseError 400 when the challenge is not valid or asks for what `parseChallenge` does not support.
 */
export function answerChallenge(answer: ChallengeAnswer): string {
  const challenge = parseChallenge(answer.challenge);
  if (challenge === undefined) throw new SipParseError(400, 'The challenge asks for what is not supported');
  const { realm, nonce, algorithm, qop, opaque } = challenge;
  const nonceCount = answer.nonceCount.toString(16).padStart(8, '0');
  const cnonce = randomHex(answer.random, 16);
  const response = digestResponse({
    ...answer,
    realm,
    nonce,
    algorithm,
    ...(qop !== undefined && { qop: { name: qop, nonceCount, cnonce } }),
  });
  const parts = [
    `username=${quote(answer.userName)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(answer.uri)}`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
  ];
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nonceCount}`, `cnonce="${cnonce}"`);
  return `Digest ${parts.join(', ')}`;
}

/** A WWW-Authenticate or Proxy-Authenticate value. Without `qop` it is a challenge of RFC 2069. */
export function makeChallenge(challenge: Challenge): string {
  const parts = [`realm=${quote(challenge.realm)}`, `nonce=${quote(challenge.nonce)}`, `algorithm=${challenge.algorithm}`];
  if (challenge.qop !== undefined) parts.push(`qop="${challenge.qop}"`);
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  if (challenge.stale) parts.push('stale=true');
  return `Digest ${parts.join(', ')}`;
}

export interface AuthorizationCheck {
  /** The Authorization or Proxy-Authorization value. */
  readonly authorization: string;
  readonly method: string;
  readonly uri: string;
  readonly userName: string;
  readonly password: string;
  /** What was asked for. */
  readonly challenge: Challenge;
}

/**
 * Checks the answer to a challenge of ours. `stale` means that it is right but for another nonce (RFC 3261 section 22.4): challenge
 * again with `stale`. The time taken does not depend on how much of the response is right.
 * @throws SipParseError 400
 */
export function verifyAuthorization(check: AuthorizationCheck): 'valid' | 'stale' | 'invalid' {
  const { challenge } = check;
  const { scheme, params } = parseCredentials(check.authorization);
  const nonce = params.get('nonce') ?? '';
  const qop = params.get('qop');
  const nonceCount = params.get('nc') ?? '';
  const cnonce = params.get('cnonce') ?? '';
  const asAsked =
    scheme === 'digest' &&
    params.get('username') === check.userName &&
    params.get('realm') === challenge.realm &&
    params.get('uri') === check.uri &&
    algorithmOf(params.get('algorithm')) === challenge.algorithm &&
    qop === challenge.qop &&
    (qop === undefined || (/^[0-9a-f]{8}$/i.test(nonceCount) && cnonce !== ''));
  const expected = digestResponse({
    ...check,
    realm: challenge.realm,
    nonce,
    algorithm: challenge.algorithm,
    ...(qop !== undefined && { qop: { name: qop, nonceCount, cnonce } }),
  });
  if (!isSame(params.get('response') ?? '', expected) || !asAsked) return 'invalid';
  return nonce === challenge.nonce ? 'valid' : 'stale';
}

/** H(A1) of a user in a realm (RFC 7616 section 3.4.2), by algorithm: as good as the password there, and nowhere else. Secret. */
export type DigestSecrets = Readonly<Record<DigestAlgorithm, string>>;

/** The secrets to keep of a password, which itself need not be kept. */
export function digestSecrets(userName: string, realm: string, password: string): DigestSecrets {
  const secret = (algorithm: DigestAlgorithm): string => digestOf(algorithm, `${userName}:${realm}:${password}`);
  return { MD5: secret('MD5'), 'SHA-256': secret('SHA-256') };
}

/** An Authorization or Proxy-Authorization value, as far as it can be checked. */
export interface Authorization {
  readonly userName: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Undefined: one that we do not have. */
  readonly algorithm: DigestAlgorithm | undefined;
  readonly qop?: { readonly name: string; readonly nonceCount: string; readonly cnonce: string };
  readonly response: string;
}

/** Reads an Authorization or Proxy-Authorization value; undefined for another scheme than Digest. @throws SipParseError 400 */
export function readAuthorization(text: string): Authorization | undefined {
  const { scheme, params } = parseCredentials(text);
  if (scheme !== 'digest') return undefined;
  const [userName, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map((name) => params.get(name) ?? '');
  const name = params.get('qop');
  return {
    userName: userName ?? '',
    realm: realm ?? '',
    nonce: nonce ?? '',
    uri: uri ?? '',
    algorithm: algorithmOf(params.get('algorithm')),
    ...(name !== undefined && { qop: { name, nonceCount: params.get('nc') ?? '', cnonce: params.get('cnonce') ?? '' } }),
    response: response ?? '',
  };
}

/** Whether the response is right for this method and the H(A1) of its algorithm. The time taken does not tell how much of it is right. */
export function isRightResponse(given: Authorization, method: string, secret: string): boolean {
  const { algorithm, nonce, uri, qop } = given;
  if (algorithm === undefined) return false;
  return isSame(given.response, responseOf({ algorithm, secret, method, uri, nonce, ...(qop && { qop }) }));
}

interface DigestInput extends Omit<ResponseInput, 'secret'> {
  readonly userName: string;
  readonly realm: string;
  readonly password: string;
}

function digestResponse({ userName, realm, password, ...input }: DigestInput): string {
  return responseOf({ ...input, secret: digestOf(input.algorithm, `${userName}:${realm}:${password}`) });
}

interface ResponseInput {
  readonly algorithm: DigestAlgorithm;
  /** H(A1). */
  readonly secret: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly qop?: { readonly name: string; readonly nonceCount: string; readonly cnonce: string };
}

/** The `response` of a Digest (RFC 7616 section 3.4.1; without qop that of RFC 2069), in lower-case hexadecimal. */
function responseOf({ algorithm, secret, method, uri, nonce, qop }: ResponseInput): string {
  const request = digestOf(algorithm, `${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${qop.nonceCount}:${qop.cnonce}:${qop.name}`;
  return digestOf(algorithm, `${secret}:${middle}:${request}`);
}

function digestOf(algorithm: DigestAlgorithm, text: string): string {
  return createHash(hashes[algorithm]).update(text).digest('hex');
}

function isSame(given: string, expected: string): boolean {
  const bytes = Buffer.from(given.toLowerCase());
  return bytes.length === expected.length && timingSafeEqual(bytes, Buffer.from(expected));
}

/** Without a name it is MD5 (RFC 7616 section 3.3). */
function algorithmOf(name = 'MD5'): DigestAlgorithm | undefined {
  return strongestFirst.find((algorithm) => algorithm === name.toUpperCase());
}

function rankOf(text: string): number | undefined {
  try {
    const challenge = parseChallenge(text);
    return challenge && strongestFirst.indexOf(challenge.algorithm);
  } catch {
    return undefined;
  }
}
