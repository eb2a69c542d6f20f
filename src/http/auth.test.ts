import { describe, expect, it } from 'vitest';
import { apiKeyOf, basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';
import { loginIds, parseBasic } from './auth.ts';

const asJson = { 'content-type': 'application/json', accept: 'application/json' };
const credentials = { userName: 'manager@example.com', password: 'secret-manager' };

function signInWith(app: ReturnType<typeof testApp>['app'], body: object, url = '/auth/credentials') {
  return app.inject({ method: 'POST', url, headers: asJson, payload: JSON.stringify(body) });
}

describe('signing in by password', () => {
  it('answers who it is and sets the cookies', async () => {
    const { app, services } = testApp();
    const answer = await signInWith(app, { ...credentials, rememberMe: true });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      userId: 'manager',
      sessionId: 'perm+manager',
      userName: 'manager@example.com',
      displayName: 'Ada Lovelace',
      bearerToken: 'token-manager',
      refreshToken: 'perm+manager',
      refreshTokenExpiry: '2046-11-23T06:11:07.000Z',
      roles: ['Manager'],
      permissions: [],
      authProvider: 'credentials',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const cookies = [answer.headers['set-cookie']].flat().map(String);
    expect(cookies[0]).toMatch(/^ss-id=[^;]+;(?=.*path=\/)(?=.*httponly)(?=.*samesite=lax)/i);
    expect(cookies[1]).toMatch(/^ss-pid=[^;]+;(?=.*expires=)/i);
    expect(cookies[2]).toMatch(/^ss-opt=perm;/);
    expect(cookies.join()).not.toContain('Secure');
    expect(services.sources).toEqual(['127.0.0.1']);
  });

  it.each([
    ['/auth', { provider: 'credentials', ...credentials }],
    ['/auth', credentials],
    ['/auth/login', credentials],
    ['/auth/Credentials', credentials],
    ['/api/Authenticate', { provider: 'credentials', ...credentials }],
    ['/json/reply/Authenticate', { Provider: 'credentials', UserName: credentials.userName, Password: credentials.password }],
  ])('works at %s', async (url, body) => {
    const { app } = testApp();
    const answer = await signInWith(app, body, url);
    expect([answer.statusCode, answer.json().sessionId]).toEqual([200, 'tmp/manager=']);
  });

  it('refuses wrong credentials with a challenge', async () => {
    const { app } = testApp();
    const answer = await signInWith(app, { ...credentials, password: 'nope' });
    expect([answer.statusCode, answer.json().responseStatus.message]).toEqual([401, 'Invalid Username or Password']);
    expect(answer.headers['www-authenticate']).toBeDefined();
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('asks for both members that are missing', async () => {
    const { app } = testApp();
    const { responseStatus } = (await signInWith(app, {})).json();
    expect(responseStatus.errorCode).toBe('NotEmpty');
    expect(responseStatus.errors.map((error: { fieldName: string }) => error.fieldName)).toEqual(['UserName', 'Password']);
    const one = await signInWith(app, { userName: 'x' });
    expect([one.statusCode, one.json().responseStatus.errors.length]).toEqual([400, 1]);
  });

  it('tells how long to wait after too many tries', async () => {
    const { app } = testApp();
    const answer = await signInWith(app, { ...credentials, password: 'too-often' });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '30']);
    expect(answer.json().responseStatus.errorCode).toBe('TooManyRequests');
  });

  it.each(['/auth/credentials', '/auth', '/auth/login', '/api/Authenticate'])('is not done by GET %s', async (url) => {
    const { app, services } = testApp();
    const answer = await app.inject({ url: `${url}?UserName=a&Password=b`, headers: asJson });
    expect([answer.statusCode, answer.json().responseStatus.errorCode]).toEqual([405, 'NotSupportedException']);
    expect(services.sources).toEqual([]);
  });

  it.each(['GET', 'POST', 'DELETE'] as const)('knows no other provider: %s', async (method) => {
    const { app } = testApp();
    const answer = await app.inject({ method, url: '/auth/google', headers: asJson, ...(method === 'POST' && { payload: '{}' }) });
    expect([answer.statusCode, answer.json().responseStatus.message]).toEqual([
      404,
      "No configuration was added for OAuth provider 'google'",
    ]);
  });

  it('takes every member of the contract, in XML too', async () => {
    const { app } = testApp();
    const others = { state: 's', oauth_token: 't', oauth_verifier: 'v', accessToken: 'a', errorView: 'e', meta: { a: 'b' } };
    expect((await signInWith(app, { ...credentials, ...others })).statusCode).toBe(200);
    const members = '<Password>secret-manager</Password><UserName>manager@example.com</UserName><oauth_token>t</oauth_token>';
    const payload = `<Authenticate xmlns="http://schemas.servicestack.net/types">${members}</Authenticate>`;
    const headers = { 'content-type': 'application/xml', accept: 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/auth/credentials', headers, payload });
    expect([answer.statusCode, answer.json().userId]).toEqual([200, 'manager']);
  });

  it('ends the login that the request came with', async () => {
    const { app, services } = testApp();
    const planted = await services.signIn.open(await services.signIn.byPassword('user@example.com', 'secret-user', 'test'), {
      permanent: true,
    });
    const cookie = `ss-id=${encodeURIComponent(planted.temporaryId)}; ss-pid=${encodeURIComponent(planted.permanentId)}`;
    const failed = await app.inject({
      method: 'POST',
      url: '/auth/credentials',
      headers: { ...asJson, cookie },
      payload: JSON.stringify({ ...credentials, password: 'wrong' }),
    });
    expect(failed.statusCode).toBe(401);
    expect(await services.signIn.byCookie(planted.temporaryId)).toBeDefined();
    await app.inject({ method: 'POST', url: '/auth/credentials', headers: { ...asJson, cookie }, payload: JSON.stringify(credentials) });
    expect(await services.signIn.byCookie(planted.temporaryId)).toBeUndefined();
    expect(await services.signIn.byCookie(planted.permanentId)).toBeUndefined();
  });
});

describe('who am I', () => {
  it('is 401 for nobody', async () => {
    const { app } = testApp();
    const answer = await app.inject({ url: '/auth', headers: { 'content-type': 'application/json', accept: '*/*' } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json().responseStatus).toMatchObject({ errorCode: 'Unauthorized', message: 'Not Authenticated' });
  });

  it('answers for Basic, a token, an API key, the cookies of a login with junk around them, and its headers', async () => {
    const { app } = testApp();
    await signInWith(app, credentials);
    const cookie = 'ss-id=tmp%2Fmanager%3D; ss-pid=Zz%3D; 23 Nov 2046 06:11:07 GMT=null; X-UAId=2';
    for (const [headers, authProvider, sessionId] of [
      [{ authorization: basic('manager') }, 'basic'],
      [{ authorization: 'Bearer token-manager' }, 'jwt'],
      [{ authorization: 'bearer   token-manager ' }, 'jwt'],
      [{ authorization: `Bearer ${apiKeyOf('manager')}` }, 'apikey'],
      [{ authorization: `Basic ${Buffer.from(`${apiKeyOf('manager')}:`).toString('base64')}` }, 'apikey'],
      [{ cookie: 'ss-tok=token-manager' }, 'jwt'],
      [{ cookie: 'ss-id=gone; ss-tok=token-manager' }, 'jwt'],
      [{ cookie }, 'credentials', 'tmp/manager='],
      [{ cookie: 'ss-id=gone; ss-pid=perm%2Bmanager' }, 'credentials', 'perm+manager'],
      [{ 'x-ss-id': 'tmp/manager=' }, 'credentials', 'tmp/manager='],
      [{ 'x-ss-pid': 'perm+manager' }, 'credentials', 'perm+manager'],
    ] as const) {
      const answer = await app.inject({ url: '/auth', headers: { ...headers, accept: 'application/json' } });
      expect([answer.statusCode, answer.json().userId, answer.json().authProvider]).toEqual([200, 'manager', authProvider]);
      expect(answer.json().sessionId).toBe(sessionId);
    }
  });

  it('has a status of its own, empty for nobody', async () => {
    const { app } = testApp();
    const nobody = await app.inject({ url: '/auth/status' });
    expect([nobody.statusCode, nobody.body]).toEqual([204, '']);
    const wrong = await app.inject({ url: '/auth/status', headers: { authorization: basic('manager', 'nope') } });
    expect(wrong.statusCode).toBe(204);
    const manager = await app.inject({ url: '/auth/status', headers: { authorization: basic('manager') } });
    expect(manager.json()).toEqual({ id: 'manager', isAuthenticated: true, roles: ['Manager'] });
  });
});

describe('an operation', () => {
  it.each([
    ['nothing', {}],
    ['a wrong bearer token', { authorization: 'Bearer nonsense' }],
    ['an empty bearer token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Digest token-manager' }],
    ['an empty header', { authorization: '' }],
    ['a token as the user of Basic', { authorization: `Basic ${Buffer.from('token-manager:').toString('base64')}` }],
    ['an API key with a password', { authorization: `Basic ${Buffer.from(`${apiKeyOf('manager')}:x`).toString('base64')}` }],
    ['an unknown token cookie', { cookie: 'ss-tok=guess' }],
    ['Basic without a colon', { authorization: `Basic ${Buffer.from('manager').toString('base64')}` }],
    ['Basic with a wrong password', { authorization: basic('manager', 'nope') }],
    ['an unknown cookie', { cookie: 'ss-id=guess' }],
  ])('refuses %s', async (_what, headers) => {
    const { app, services } = testApp();
    await signInWith(app, credentials);
    const answer = await app.inject({ url: '/sessions', headers });
    expect(answer.statusCode).toBe(401);
    expect(services.calls).toEqual([]);
  });

  it('judges an Authorization header before a good cookie', async () => {
    const { app } = testApp();
    await signInWith(app, credentials);
    const headers = { cookie: 'ss-id=tmp%2Fmanager%3D; ss-tok=token-manager', authorization: 'Bearer expired' };
    expect((await app.inject({ url: '/sessions', headers })).statusCode).toBe(401);
  });

  it.each([
    ['POST', '/auth/logout'],
    ['GET', '/auth/logout'],
    ['DELETE', '/auth'],
    ['DELETE', '/auth/credentials'],
  ] as const)('takes the cookies that signing in has set, until %s %s', async (method, url) => {
    const { app } = testApp();
    const signedIn = await signInWith(app, { ...credentials, rememberMe: true });
    const cookie = signedIn.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');
    expect((await app.inject({ url: '/sessions', headers: { cookie } })).statusCode).toBe(200);
    const out = await app.inject({ method, url, headers: { ...asJson, cookie }, ...(method === 'POST' && { payload: '{}' }) });
    expect([out.statusCode, out.body]).toEqual([200, '{}']);
    expect(out.cookies.map(({ name, value, expires }) => [name, value, expires?.getTime()])).toEqual(
      ['ss-id', 'ss-pid', 'ss-opt', 'ss-tok'].map((name) => [name, '', 0]),
    );
    expect((await app.inject({ url: '/sessions', headers: { cookie } })).statusCode).toBe(401);
  });
});

describe('reading credentials', () => {
  it('splits Basic at the first colon, in UTF-8', () => {
    expect(parseBasic(`bAsIc ${Buffer.from('a@b.c:pä:ss').toString('base64')}`)).toEqual({ userName: 'a@b.c', password: 'pä:ss' });
    expect(parseBasic('Basic !!!')).toBeUndefined();
    expect(parseBasic('')).toBeUndefined();
    expect(parseBasic(`Basic ${'a'.repeat(5000)}`)).toBeUndefined();
  });

  it('finds each login id once', () => {
    expect(loginIds({ 'x-ss-id': 'a', cookie: 'ss-id=a; ss-pid=b' })).toEqual(['a', 'b']);
    expect(loginIds({ cookie: 'ss-id=' })).toEqual([]);
  });
});

describe('the address that failed sign-ins are counted by', () => {
  const asked = async (trustedProxies: string[] | undefined, remoteAddress: string, forwarded: string) => {
    const { app, services } = testApp({ trustedProxies });
    await app.inject({ url: '/auth', remoteAddress, headers: { authorization: basic('manager'), 'x-forwarded-for': forwarded } });
    return services.sources;
  };

  it('is that of the peer, whatever it says', async () => {
    expect(await asked(undefined, '192.0.2.1', '198.51.100.7')).toEqual(['192.0.2.1']);
    expect(await asked(['10.0.0.0/8'], '192.0.2.1', '198.51.100.7')).toEqual(['192.0.2.1']);
  });

  it('is what a trusted proxy says, and not what the client has told the proxy', async () => {
    expect(await asked(['10.0.0.0/8', 'fd00::/8'], '10.1.2.3', '203.0.113.9, 198.51.100.7, fd00::1')).toEqual(['198.51.100.7']);
  });
});
