import { describe, expect, it } from 'vitest';
import { cookiesOf, expiredCookies, parseCookies, tokenCookieOf } from './cookies.ts';

const login = { temporaryId: 'ab/c=', permanentId: 'p', expiresAtMs: Date.UTC(2046, 10, 23, 6, 11, 7) };

describe('cookies', () => {
  it('are HttpOnly, Lax, for every path, and lasting where they should be', () => {
    expect(cookiesOf(login, { secure: false, permanent: true })).toEqual([
      'ss-id=ab%2Fc%3D; Path=/; HttpOnly; SameSite=Lax',
      'ss-pid=p; Path=/; Expires=Fri, 23 Nov 2046 06:11:07 GMT; HttpOnly; SameSite=Lax',
      'ss-opt=perm; Path=/; Expires=Fri, 23 Nov 2046 06:11:07 GMT; HttpOnly; SameSite=Lax',
    ]);
  });

  it('are Secure when the request came by TLS', () => {
    const cookies = [...cookiesOf(login, { secure: true, permanent: false }), ...expiredCookies({ secure: true })];
    expect(cookies).toHaveLength(7);
    for (const cookie of cookies) expect(cookie).toContain('; Secure');
    expect(cookies[2]).toContain('ss-opt=temp');
  });

  it('are emptied and dated back to be forgotten', () => {
    expect(expiredCookies({ secure: false })[0]).toBe('ss-id=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax');
  });

  it('carry a token for as long as it is valid', () => {
    expect(tokenCookieOf({ token: 'a.b.c', expiresAtMs: login.expiresAtMs }, { secure: true })).toBe(
      'ss-tok=a.b.c; Path=/; Expires=Fri, 23 Nov 2046 06:11:07 GMT; HttpOnly; Secure; SameSite=Lax',
    );
    expect(expiredCookies({ secure: false })[3]).toMatch(/^ss-tok=;.*Expires=Thu, 01 Jan 1970/);
  });

  it('are read URL-decoded, past the junk that clients add', () => {
    const header = 'ss-id=ab%2Fc%3D; ss-pid=Zz%3D; 23 Nov 2046 06:11:07 GMT=null; X-UAId=2; lonely; =x; bad=%zz';
    expect(parseCookies(header)).toMatchObject({ 'ss-id': 'ab/c=', 'ss-pid': 'Zz=', bad: '%zz' });
    expect(parseCookies(undefined)).toEqual({});
    expect(parseCookies('__proto__=x').toString).toBeUndefined();
  });
});
