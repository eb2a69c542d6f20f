import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

describe('the sign-in page', () => {
  it('has a form that signs in, without a script', async () => {
    const { app } = testApp();
    const answer = await app.inject({ url: '/login?redirect=%2Fsessions%3Fpage%3D2%26all%3Dtrue', headers: browser });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    const policy = String(answer.headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(answer.body).toContain('<form method="post" action="/auth/credentials">');
    expect(answer.body).toContain('name="returnUrl" value="/sessions?page=2&amp;all=true"');
    expect(answer.body).toMatch(/name="password" type="password"/);
    expect(answer.body).not.toContain('<script');
    expect(answer.body).not.toContain('role="alert"');
  });

  it('says that the last try has failed', async () => {
    const { app } = testApp();
    expect((await app.inject('/login?redirect=%2F&failed=1')).body).toMatch(/<p role="alert">[^<]*try again/);
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '', '/"><script>alert(1)</script> '])(
    'never leads to %j',
    async (redirect) => {
      const { app } = testApp();
      const { body } = await app.inject(`/login?redirect=${encodeURIComponent(redirect)}`);
      expect(body).toContain('name="returnUrl" value="/metadata"');
      expect(body).not.toMatch(/evil|alert\(1\)/);
    },
  );

  it('writes an address so that it stays a text', async () => {
    const { app } = testApp();
    const { body } = await app.inject(`/login?redirect=${encodeURIComponent('/"><script>alert(1)</script>')}`);
    expect(body).toContain('value="/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
  });
});
