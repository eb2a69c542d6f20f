import { get } from 'node:http';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';
import { baseUrlOf, type PublicAddress } from './public-url.ts';

function echo(options: PublicAddress) {
  const app = Fastify();
  app.get('/', async (request) => baseUrlOf(request, options));
  return app;
}

async function baseUrlFor(host: string, options: PublicAddress = {}): Promise<string> {
  return (await echo(options).inject({ url: '/', headers: { host } })).body;
}

describe('the address of this server', () => {
  it('is the one that the operator says', async () => {
    expect(await baseUrlFor('other.example', { publicUrl: 'https://voice.example.com' })).toBe('https://voice.example.com');
  });

  it.each(['voice.example.com', 'localhost:8080', '127.0.0.1:80', '[::1]:8080', 'my_api'])(
    'is the host %s of the request',
    async (host) => {
      expect(await baseUrlFor(host)).toBe(`http://${host}`);
    },
  );

  it.each(['a"onload=x', '<script>', 'a/b', 'user@host', 'a b', 'a:b', 'a:123456', '[::1', '-a', 'ä', 'a'.repeat(300)])(
    'never repeats a host such as %j',
    async (host) => {
      expect(await baseUrlFor(host)).toBe('http://localhost');
    },
  );

  it('falls back to the address that the connection arrived at', async () => {
    const app = echo({});
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const answered = await new Promise<string>((resolve, reject) => {
      get(address, { headers: { host: 'a/b' } }, (answer) => {
        answer.setEncoding('utf8').once('data', resolve);
      }).once('error', reject);
    });
    await app.close();
    expect(answered).toBe(address);
  });
});

describe('cookies', () => {
  const signIn = {
    method: 'POST',
    url: '/auth/credentials',
    headers: { 'content-type': 'application/json' },
    payload: '{"userName":"manager@example.com","password":"secret-manager"}',
  } as const;

  it.each([
    ['https://voice.example.com', true],
    ['http://voice.example.com', false],
    [undefined, false],
  ])('are Secure with the public address %s: %s', async (publicUrl, secure) => {
    const { app } = testApp({ publicUrl });
    const cookies = [(await app.inject(signIn)).headers['set-cookie']].flat().map(String);
    expect(cookies.length).toBeGreaterThan(0);
    expect(cookies.map((cookie) => cookie.includes('; Secure'))).toEqual(cookies.map(() => secure));
  });
});
