import { describe, expect, it } from 'vitest';
import { apiKeyOf, basic } from '../../../test/support/fake-services.ts';
import { testApp } from '../../../test/support/test-app.ts';

const asJson = { 'content-type': 'application/json', accept: 'application/json' };

describe('GET /auth/token', () => {
  it('hands the request on and keeps the answer out of caches', async () => {
    const { services, send } = testApp();
    const answer = await send({ url: '/auth/token?UserEmailAddress=user%40example.com&userId=user' });
    expect([answer.statusCode, answer.json(), answer.headers['cache-control']]).toEqual([200, { authToken: 'token-user' }, 'no-store']);
    const request = { userEmailAddress: 'user@example.com', userId: 'user' };
    expect(services.calls).toEqual([{ name: 'authTokens.request', userId: 'manager', request }]);
    expect((await send({ url: '/api/RequestAuthToken?userId=user' })).statusCode).toBe(200);
  });

  it('is for managers and administrators', async () => {
    const { services, send } = testApp();
    for (const [login, status] of [
      ['customer', 403],
      ['user', 403],
      ['system', 200],
      ['admin', 200],
    ] as const) {
      expect((await send({ url: '/auth/token?userId=user', headers: { authorization: basic(login) } })).statusCode).toBe(status);
    }
    expect(services.calls).toHaveLength(2);
  });
});

describe('POST /access-token', () => {
  it('answers a token for an open login, by any of its ids, and none once it is closed', async () => {
    const { app } = testApp();
    const ask = (refreshToken: string, url = '/access-token') =>
      app.inject({ method: 'POST', url, headers: asJson, payload: JSON.stringify({ refreshToken, useTokenCookie: false }) });
    const login = { userName: 'manager@example.com', password: 'secret-manager', rememberMe: true };
    const signedIn = await app.inject({ method: 'POST', url: '/auth/credentials', headers: asJson, payload: JSON.stringify(login) });
    const { refreshToken } = signedIn.json();
    for (const answer of [await ask(refreshToken), await ask('tmp/manager='), await ask(refreshToken, '/api/GetAccessToken')]) {
      expect([answer.statusCode, answer.json()]).toEqual([200, { accessToken: 'token-manager' }]);
      expect([answer.headers['cache-control'], answer.headers['set-cookie']]).toEqual(['no-store', undefined]);
    }
    const headers = { ...asJson, 'x-ss-pid': refreshToken };
    await app.inject({ method: 'POST', url: '/auth/logout', headers, payload: '{}' });
    const refused = await ask(refreshToken);
    expect([refused.statusCode, refused.json().responseStatus.errorCode]).toEqual([401, 'Unauthorized']);
  });

  it('puts the token into a cookie, which signs in from then on', async () => {
    const { app, services } = testApp();
    const manager = await services.signIn.byPassword('manager@example.com', 'secret-manager', 'test');
    const { temporaryId } = await services.signIn.open(manager, { permanent: false });
    const payload = JSON.stringify({ refreshToken: temporaryId, useTokenCookie: true });
    const answer = await app.inject({ method: 'POST', url: '/access-token', headers: asJson, payload });
    expect([answer.statusCode, answer.body]).toEqual([200, '{}']);
    expect(answer.cookies).toMatchObject([{ name: 'ss-tok', value: 'token-manager', httpOnly: true, path: '/', sameSite: 'Lax' }]);
    expect((await app.inject({ url: '/sessions', headers: { cookie: 'ss-tok=token-manager' } })).statusCode).toBe(200);
  });

  it('refuses what is no refresh token', async () => {
    const { app } = testApp();
    for (const refreshToken of ['nonsense', 'token-manager', apiKeyOf('manager')]) {
      const answer = await app.inject({ method: 'POST', url: '/access-token', headers: asJson, payload: JSON.stringify({ refreshToken }) });
      expect(answer.statusCode).toBe(401);
    }
    const missing = await app.inject({ method: 'POST', url: '/access-token', headers: asJson, payload: '{}' });
    expect(missing.json().responseStatus).toMatchObject({ errorCode: 'NotEmpty', errors: [{ fieldName: 'RefreshToken' }] });
  });
});

describe('POST /assignroles and /unassignroles', () => {
  const request = { userName: 'user@example.com', roles: ['Manager'], permissions: ['any'] };
  const post = (url: string, login: string) => ({
    method: 'POST' as const,
    url,
    headers: { ...asJson, authorization: basic(login) },
    payload: JSON.stringify(request),
  });

  it('answer the roles that the login has then', async () => {
    const { app, services } = testApp();
    expect((await app.inject(post('/assignroles', 'admin'))).json()).toEqual({ allRoles: ['Manager'], allPermissions: [] });
    expect((await app.inject(post('/unassignroles', 'admin'))).json()).toEqual({ allRoles: [], allPermissions: [] });
    expect(services.calls).toEqual([
      { name: 'userRoles.assign', userId: 'admin', request },
      { name: 'userRoles.unassign', userId: 'admin', request },
    ]);
  });

  it.each(['manager', 'system', 'user'])('need the role Admin: not for %s', async (login) => {
    const { app, services } = testApp();
    for (const url of ['/assignroles', '/unassignroles', '/api/AssignRoles']) {
      const answer = await app.inject(post(url, login));
      expect([answer.statusCode, answer.json().responseStatus]).toMatchObject([403, { errorCode: 'Forbidden', message: 'Invalid Role' }]);
    }
    expect(services.calls).toEqual([]);
  });
});

describe('/apikeys', () => {
  it('makes, lists and deletes, and keeps a new key out of caches', async () => {
    const { services, send } = testApp();
    const made = await send({
      method: 'POST',
      url: '/apikeys',
      headers: asJson,
      payload: '{"name":"a","expiresAt":"2030-01-01T00:00:00Z"}',
    });
    expect([made.json().key, made.headers['cache-control']]).toEqual([apiKeyOf('manager'), 'no-store']);
    expect((await send({ url: '/apikeys?page=1' })).json()).toMatchObject({ items: [] });
    expect((await send({ method: 'DELETE', url: '/apikeys/abc' })).statusCode).toBe(204);
    expect(services.calls).toEqual([
      { name: 'apiKeys.create', userId: 'manager', request: { name: 'a', expiresAt: '2030-01-01T00:00:00Z' } },
      { name: 'apiKeys.list', userId: 'manager', request: { page: 1 } },
      { name: 'apiKeys.remove', userId: 'manager', request: { apiKeyId: 'abc' } },
    ]);
  });

  it('needs a login', async () => {
    const { app } = testApp();
    expect((await app.inject({ url: '/apikeys' })).statusCode).toBe(401);
  });
});
