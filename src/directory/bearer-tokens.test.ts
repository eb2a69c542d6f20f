import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { freshId } from '../../test/support/sessions.ts';
import { derivedKey } from '../kernel/derived-key.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { BearerTokens } from './bearer-tokens.ts';

const SECRET = 'the secret of the tests';
const MINUTE_MS = 60_000;
const userId = freshId();

let clock: VirtualClock;
let tokens: BearerTokens;
beforeEach(() => {
  clock = new VirtualClock();
  tokens = new BearerTokens(SECRET, clock);
});

describe('a token', () => {
  it('names the user and nothing else, for 15 minutes', async () => {
    const { token, expiresAtMs } = await tokens.issue(userId);
    expect(expiresAtMs).toBe(clock.now() + 15 * MINUTE_MS);
    const iat = clock.now() / 1000;
    expect(decodeJwt(token)).toEqual({ sub: userId, iss: 'ringflow', aud: 'ringflow-api', iat, exp: iat + 900 });
    expect(await tokens.read(token)).toEqual({ userId, expiresAtMs });
    await clock.advance(15 * MINUTE_MS - 1);
    expect(await tokens.read(token)).toBeDefined();
    await clock.advance(1);
    expect(await tokens.read(token)).toBeUndefined();
  });

  it('is taken by another server with the same secret, and by none with another', async () => {
    const { token } = await tokens.issue(userId);
    expect(await new BearerTokens(SECRET, clock).read(token)).toMatchObject({ userId });
    expect(await new BearerTokens(`${SECRET}.`, clock).read(token)).toBeUndefined();
  });
});

describe('what is refused', () => {
  const header = { alg: 'HS256', typ: 'at+jwt' };
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  function claims() {
    const iat = clock.now() / 1000;
    return { sub: userId, iss: 'ringflow', aud: 'ringflow-api', iat, exp: iat + 900 };
  }

  /** A token that is signed with the key of the server. */
  function signed(head: object, payload: object, hash = 'sha256'): string {
    const text = `${encoded(head)}.${encoded(payload)}`;
    const signature = createHmac(hash, derivedKey(SECRET, 'bearer-token')).update(text).digest('base64url');
    return `${text}.${signature}`;
  }

  it('is everything that is not as ours are, also with the right key', async () => {
    expect(await tokens.read(signed(header, claims()))).toMatchObject({ userId });
    const { sub: _sub, ...nobody } = claims();
    const { exp: _exp, ...endless } = claims();
    for (const [head, payload, hash] of [
      [{ ...header, alg: 'HS512' }, claims(), 'sha512'],
      [{ ...header, alg: 'HS512' }, claims()],
      [{ ...header, typ: 'JWT' }, claims()],
      [{ alg: 'HS256' }, claims()],
      [{ ...header, crit: ['exp'] }, claims()],
      [header, { ...claims(), iss: 'somebody' }],
      [header, { ...claims(), aud: 'ringflow' }],
      [header, { ...claims(), sub: "' or 1=1 --" }],
      [header, { ...claims(), nbf: clock.now() / 1000 + 60 }],
      [header, { ...claims(), exp: String(claims().exp) }],
      [header, nobody],
      [header, endless],
    ] as const) {
      expect(await tokens.read(signed(head, payload, hash)), JSON.stringify([head, payload])).toBeUndefined();
    }
  });

  it('is a token without a signature', async () => {
    const { token } = await tokens.issue(userId);
    const [, payload = '', signature = ''] = token.split('.');
    const unsecured = new UnsecuredJWT(decodeJwt(token)).encode();
    const none = encoded({ ...header, alg: 'none' });
    for (const text of [unsecured, `${none}.${payload}.`, `${none}.${payload}.${signature}`, token.slice(0, token.lastIndexOf('.') + 1)]) {
      expect(await tokens.read(text)).toBeUndefined();
    }
  });

  it('is a token that is too long, before anything is read of it', async () => {
    const { token } = await tokens.issue(userId);
    expect(await tokens.read(token + 'a'.repeat(1024))).toBeUndefined();
    const began = performance.now();
    for (let round = 0; round < 1000; round++) await tokens.read('a'.repeat(100_000));
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('is anything else, without an error', async () => {
    const { token } = await tokens.issue(userId);
    const part = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    const mutated = fc
      .tuple(fc.nat(token.length - 2), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, text]) => token.slice(0, at) + text + token.slice(at + 1))
      .filter((text) => text !== token);
    const texts = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => parts.join('.')),
      mutated,
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await tokens.read(text)).toBeUndefined();
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
