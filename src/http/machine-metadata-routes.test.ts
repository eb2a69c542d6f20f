import { afterAll, describe, expect, it } from 'vitest';
import { readPage } from '../../test/support/read-page.ts';
import { testApp } from '../../test/support/test-app.ts';
import { allOperations } from '../contracts/dto.ts';
import { pagePolicy } from '../formats/html-page.ts';
import { version } from '../version.ts';

const { app, clock } = testApp();
afterAll(() => app.close());

const ask = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  app.inject({ url, headers: { host: 'voice.example', ...headers } });

async function documentAt(url: string) {
  const answer = await ask(url);
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  return answer.json();
}

const names = allOperations().map(({ name }) => name);

describe.each(['/types/metadata', '/types/metadata.json', '/types/metadata?format=json', '/Types/Metadata/'])('%s', (url) => {
  it('has all types and operations', async () => {
    const { config, operations, types } = await documentAt(url);
    expect(config.baseUrl).toBe('http://voice.example');
    expect(operations.map(({ request }: { request: { name: string } }) => request.name)).toEqual(names);
    expect(types).toContainEqual(expect.objectContaining({ name: 'SessionInfo', namespace: 'Voice.Api.Sessions' }));
  });
});

describe.each(['/metadata/app', '/metadata/app.json', '/metadata/app?format=json'])('%s', (url) => {
  it('tells what this server is and how to sign in', async () => {
    const { date, app: facts, contentTypeFormats, plugins, api } = await documentAt(url);
    expect(date).toBe(new Date(clock.now()).toISOString());
    expect(facts).toEqual({
      baseUrl: 'http://voice.example',
      serviceStackVersion: version,
      serviceName: 'Evo Voice',
      jsTextCase: 'CamelCase',
    });
    expect(contentTypeFormats).toMatchObject({ json: 'application/json', xml: 'application/xml' });
    expect(plugins.auth.authProviders.map(({ name }: { name: string }) => name)).toEqual(['basic', 'credentials', 'jwt', 'apikey']);
    expect(plugins.auth.serviceRoutes.AuthenticateService).toEqual(['/auth', '/auth/{provider}']);
    expect((await ask(plugins.auth.htmlRedirect)).statusCode).toBe(200);
    expect(api).toEqual((await ask('/types/metadata')).json());
  });
});

describe.each(['/operations/metadata', '/operations/metadata.json', '/operations/metadata?format=json', '/api', '/api/', '/api.json'])(
  '%s',
  (url) => {
    it('lists the operations', async () => {
      const list = await documentAt(url);
      expect(list.map(({ name }: { name: string }) => name)).toEqual(names);
      expect(list).toContainEqual({
        name: 'NewOutgoingSession',
        serviceName: 'NewOutgoingSessionService',
        actions: ['POST'],
        routes: ['/sessions/outgoing'],
        tags: ['Sessions'],
      });
      expect(list).toContainEqual(expect.objectContaining({ name: 'ListSessions', responseName: 'ListResponse<SessionInfo>' }));
    });
  },
);

describe('the list of operations for people', () => {
  it('has a row for each, with its routes', async () => {
    const answer = await ask('/operations/metadata', { accept: 'text/html,*/*;q=0.8' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy });
    const rows = readPage(answer.body).elements.filter(({ name }) => name === 'tr');
    expect(rows.length).toBe(names.length + 1);
    expect(rows.map(({ text }) => text)).toContain('NewOutgoingSessionPOST /sessions/outgoing204Sessions');
  });
});

describe('documents for machines', () => {
  it('name the address that clients reach this server at', async () => {
    const proxied = testApp({ publicUrl: 'https://voice.example' });
    const answer = await proxied.app.inject({ url: '/types/metadata', headers: { host: 'inside:8080' } });
    expect(answer.json().config.baseUrl).toBe('https://voice.example');
    for (let number = 0; number < 20; number++) {
      const host = `host-${number}`;
      expect((await app.inject({ url: '/types/metadata', headers: { host } })).json().config.baseUrl).toBe(`http://${host}`);
    }
    await proxied.app.close();
  });

  it.each(['/types/metadata', '/metadata/app', '/operations/metadata', '/api', '/openapi', '/openapi.json'])(
    'are answered to HEAD and to pages of other origins: %s',
    async (url) => {
      const headers = { origin: 'https://other.example' };
      const answer = await app.inject({ method: 'HEAD', url, headers });
      expect([answer.statusCode, answer.body]).toEqual([200, '']);
      expect(Number(answer.headers['content-length'])).toBeGreaterThan(1000);
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-cache',
        'access-control-allow-origin': '*',
        vary: 'Accept',
        'x-content-type-options': 'nosniff',
      });
      const preflight = await app.inject({ method: 'OPTIONS', url, headers });
      expect([preflight.statusCode, preflight.body]).toEqual([200, '']);
      expect((await app.inject({ method: 'POST', url })).statusCode).toBe(404);
    },
  );
});
