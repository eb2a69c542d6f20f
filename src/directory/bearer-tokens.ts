import { createSecretKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../kernel/clock.ts';
import { derivedKey } from '../kernel/derived-key.ts';
import { isId } from '../kernel/ids.ts';

/** A token, and when it ends. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** What a token says. */
export interface TokenClaims {
  readonly userId: string;
  readonly expiresAtMs: number;
}

const ALGORITHM = 'HS256';
/** Keeps other kinds of tokens apart, whoever signs them with the same key (RFC 8725 section 3.11). */
const TYPE = 'at+jwt';
const ISSUER = 'ringflow';
const AUDIENCE = 'ringflow-api';
const LIFE_SECONDS = 900;
/** Ours have some 250 characters; longer ones are not looked at. */
export const LONGEST_TOKEN = 1024;

/**
 * Tokens that name a user for 15 minutes (JWT, RFC 7519; HS256). They say nothing about roles and accounts, which are those that the user
 * has when the token is used. Servers with the same secret take each other's tokens.
 */
export class BearerTokens {
  readonly #key: KeyObject;
  readonly #clock: Clock;

  /** @param secret the one that servers share; the key is derived from it. */
  constructor(secret: string, clock: Clock) {
    this.#key = createSecretKey(derivedKey(secret, 'bearer-token'));
    this.#clock = clock;
  }

  /** @param atMostMs when it ends at the latest, if that is earlier. */
  async issue(userId: string, atMostMs = Number.POSITIVE_INFINITY): Promise<IssuedToken> {
    const issuedAt = Math.floor(this.#clock.now() / 1000);
    const expiresAt = Math.min(issuedAt + LIFE_SECONDS, Math.floor(atMostMs / 1000));
    const token = await new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#key);
    return { token, expiresAtMs: expiresAt * 1000 };
  }

  /** Answers undefined for whatever is not a token of ours that is valid now. */
  async read(token: string): Promise<TokenClaims | undefined> {
    if (token.length > LONGEST_TOKEN) return undefined;
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['sub', 'iat', 'exp'],
      });
      const { sub = '', exp = 0 } = payload;
      return isId(sub) ? { userId: sub, expiresAtMs: exp * 1000 } : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
