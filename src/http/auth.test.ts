import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
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

  it('is not done by GET', async () => {
    const { app } = testApp();
    const answer = await app.inject({ url: '/auth/credentials?UserName=a&Password=b', headers: asJson });
    expect([answer.statusCode, answer.json().responseStatus.errorCode]).toEqual([405, 'NotSupportedException']);
  });

  it('knows no other provider', async () => {
    const { app } = testApp();
    const answer = await signInWith(app, {}, '/auth/google');
    expect([answer.statusCode, answer.json().responseStatus.message]).toEqual([
      404,
      "No configuration was added for OAuth provider 'google'",
    ]);
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

  it('answers for Basic, for the cookies of a login with junk around them, and for its headers', async () => {
    const { app } = testApp();
    await signInWith(app, credentials);
    const cookie = 'ss-id=tmp%2Fmanager%3D; ss-pid=Zz%3D; 23 Nov 2046 06:11:07 GMT=null; X-UAId=2';
    for (const headers of [
      { authorization: basic('manager') },
      { cookie },
      { cookie: 'ss-pid=perm%2Bmanager' },
      { 'x-ss-id': 'tmp/manager=' },
    ]) {
      const answer = await app.inject({ url: '/auth', headers: { ...headers, accept: 'application/json' } });
      expect([answer.statusCode, answer.json().userId]).toEqual([200, 'manager']);
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
    ['a bearer token', { authorization: 'Bearer nonsense' }],
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
    const headers = { cookie: 'ss-id=tmp%2Fmanager%3D', authorization: 'Bearer expired' };
    expect((await app.inject({ url: '/sessions', headers })).statusCode).toBe(401);
  });

  it('takes the cookies that signing in has set, until signing out', async () => {
    const { app } = testApp();
    const signedIn = await signInWith(app, credentials);
    const cookie = signedIn.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ');
    expect((await app.inject({ url: '/sessions', headers: { cookie } })).statusCode).toBe(200);
    const out = await app.inject({ method: 'POST', url: '/auth/logout', headers: { ...asJson, cookie }, payload: '{}' });
    expect([out.statusCode, out.body]).toEqual([200, '{}']);
    expect(String(out.headers['set-cookie'])).toMatch(/ss-id=;.*expires=/i);
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
