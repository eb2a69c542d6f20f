import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';

const trusted = 'https://app.example';

function cors(headers: Readonly<Record<string, unknown>>) {
  return {
    origin: headers['access-control-allow-origin'],
    credentials: headers['access-control-allow-credentials'],
    vary: headers.vary,
  };
}

describe('a preflight', () => {
  it.each(['/sessions/outgoing', '/no/such/path', '/api/NewOutgoingSession', '/', '/sessions/outgoing.xml?a=b', '/files/a/content'])(
    'of %s is answered',
    async (url) => {
      const { app } = testApp();
      const answer = await app.inject({
        method: 'OPTIONS',
        url,
        headers: {
          origin: trusted,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,authorization',
        },
      });
      expect([answer.statusCode, answer.body]).toEqual([200, '']);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD',
        'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, Prefer, X-Http-Method-Override',
        'access-control-max-age': '600',
        allow: 'GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD',
      });
    },
  );
});

describe('pages of other origins', () => {
  it.each([
    ['a success', 'GET', '/sessions', 200],
    ['a refusal', 'GET', '/sessions/unknown', 404],
    ['an unknown path', 'GET', '/no/such/path', 404],
    ['an address that cannot be decoded', 'GET', '/sessions/%ff', 400],
    ['a file', 'GET', '/files/file/content', 200],
    ['health', 'GET', '/health', 200],
  ] as const)('may read %s, but without cookies', async (_what, method, url, status) => {
    const { send } = testApp();
    const answer = await send({ method, url, headers: { origin: 'https://evil.example' } });
    expect(answer.statusCode).toBe(status);
    expect(cors(answer.headers)).toEqual({ origin: '*', credentials: undefined, vary: 'Accept' });
    expect(answer.headers['access-control-expose-headers']).toBe(
      'Location, X-AutoBatch-Completed, Retry-After, Preference-Applied, WWW-Authenticate',
    );
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    [trusted, { origin: trusted, credentials: 'true', vary: 'Accept, Origin' }],
    ['https://app.example.evil.example', { origin: '*', credentials: undefined, vary: 'Accept, Origin' }],
    ['null', { origin: '*', credentials: undefined, vary: 'Accept, Origin' }],
    [undefined, { origin: '*', credentials: undefined, vary: 'Accept, Origin' }],
  ])('may use cookies only where they are listed: %s', async (origin, expected) => {
    const { app, send } = testApp({ corsOrigins: ['https://other.example', trusted] });
    const headers = origin === undefined ? {} : { origin };
    expect(cors((await send({ url: '/sessions', headers })).headers)).toEqual(expected);
    expect(cors((await app.inject({ url: '/sessions', headers })).headers)).toEqual(expected);
    expect(cors((await app.inject({ method: 'OPTIONS', url: '/sessions', headers })).headers)).toEqual(expected);
  });
});
