import { describe, expect, it } from 'vitest';
import { fakeServices } from '../../../test/support/fake-services.ts';
import type { AnswerHead, RequestContext } from '../handler.ts';
import { authenticate } from './authenticate.ts';

/** A form that a browser has sent. */
function fromBrowser(changes: Partial<RequestContext> = {}): RequestContext & { readonly answer: AnswerHead } {
  return {
    verb: 'POST',
    source: '192.0.2.1',
    secure: true,
    wantsHtml: true,
    prefersRepresentation: false,
    idempotencyKey: undefined,
    upload: undefined,
    answer: { headers: {} },
    loginIds: () => [],
    caller: async () => undefined,
    ...changes,
  };
}

const form = { provider: 'credentials', userName: 'user@example.com', password: 'secret-user', returnUrl: '/metadata?a=1' };

describe('a browser', () => {
  it('is led back to where it was going, with its cookies', async () => {
    const context = fromBrowser();
    await authenticate(form, context, fakeServices());
    expect(context.answer.redirect).toBe('/metadata?a=1');
    expect(String(context.answer.headers['set-cookie'])).toMatch(/ss-id=.*Secure/);
    const out = fromBrowser();
    await authenticate({ provider: 'logout', returnUrl: '/login' }, out, fakeServices());
    expect(out.answer.redirect).toBe('/login');
  });

  it.each([{ password: 'wrong' }, { password: '' }, { userName: '' }])('is led back to the page to sign in on by %j', async (wrong) => {
    const context = fromBrowser();
    await authenticate({ ...form, ...wrong }, context, fakeServices());
    expect(context.answer.redirect).toBe('/login?redirect=%2Fmetadata%3Fa%3D1&failed=1');
    expect(context.answer.headers['set-cookie']).toBeUndefined();
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', ''])('is not led to %j', async (returnUrl) => {
    const context = fromBrowser();
    expect(await authenticate({ ...form, returnUrl }, context, fakeServices())).toMatchObject({ userId: 'user' });
    expect(context.answer.redirect).toBeUndefined();
    await expect(authenticate({ ...form, returnUrl, password: 'wrong' }, fromBrowser(), fakeServices())).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
    });
  });

  it('is told how long to wait after too many tries', async () => {
    const context = fromBrowser();
    await expect(authenticate({ ...form, password: 'too-often' }, context, fakeServices())).rejects.toMatchObject({ status: 429 });
  });
});

it('leads no other client anywhere', async () => {
  const context = fromBrowser({ wantsHtml: false });
  expect(await authenticate(form, context, fakeServices())).toMatchObject({ userId: 'user' });
  await expect(authenticate({ ...form, password: 'wrong' }, context, fakeServices())).rejects.toMatchObject({ status: 401 });
  expect(context.answer.redirect).toBeUndefined();
});
