import { afterAll, describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';
import { pagePolicy } from '../formats/html-page.ts';
import { version } from '../version.ts';

const { app } = testApp();
afterAll(() => app.close());

const ask = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  app.inject({ url, headers: { host: 'voice.example', ...headers } });

describe('/types', () => {
  const links = {
    CSharp: 'http://voice.example/types/csharp',
    Mjs: 'http://voice.example/types/mjs',
    TypeScript: 'http://voice.example/types/typescript',
    TypeScriptDefinition: 'http://voice.example/types/typescript.d',
    Metadata: 'http://voice.example/types/metadata',
  };

  it.each(['/types', '/types/', '/types?format=json', '/types.json', '/TYPES'])('links every language for machines: %s', async (url) => {
    const answer = await ask(url);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json()).toEqual(links);
  });

  it('links every language for people', async () => {
    const answer = await ask('/types', { accept: 'text/html,*/*;q=0.8' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy });
    for (const name of ['csharp', 'mjs', 'typescript', 'typescript.d', 'metadata']) expect(answer.body).toContain(`href="/types/${name}"`);
  });

  it('has nothing behind a link that fails', async () => {
    for (const link of Object.values(links)) expect((await ask(new URL(link).pathname)).statusCode, link).toBe(200);
  });
});

describe('/types/{language}', () => {
  it.each([
    ['/types/typescript', 'export class NewOutgoingSession implements IPost'],
    ['/types/TypeScript/', 'export class NewOutgoingSession implements IPost'],
    ['/types/typescript.d', 'interface NewOutgoingSession extends IPost'],
    ['/types/csharp', 'namespace Voice.Api.Sessions'],
    ['/types/CSharp', 'namespace Voice.Api.Sessions'],
  ])('is plain text: %s', async (url, code) => {
    // A browser asks for HTML first, and gets the code all the same.
    const answer = await ask(url, { accept: 'text/html' });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(answer.body).toContain(code);
    expect(answer.body).toContain(`Version: ${version}\n`);
    expect(answer.body).toContain('BaseUrl: http://voice.example\n');
  });

  it('is a module that a browser imports: /types/mjs', async () => {
    expect((await ask('/types/mjs')).headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it('selects types, and prints the options that were given', async () => {
    const { body } = await ask('/types/typescript?includetypes=NewOutgoingSession.*&MakePropertiesOptional=true&NoOption=1');
    expect(body).toContain('\nIncludeTypes: NewOutgoingSession.*\n');
    expect(body).toContain('\nMakePropertiesOptional: True\n');
    expect(body).toContain('\n//ExcludeTypes: \n');
    expect(body).not.toContain('NoOption');
    expect(body.match(/^export class \w+/gm)).toEqual(['export class NewOutgoingSession']);
  });

  it.each(['*/ alert(1) /*', 'A.*%0Aexport', 'A`1;', '__proto__', '"'])('keeps what is no option out of the code: %s', async (value) => {
    const given = encodeURIComponent(value);
    const { body } = await ask(`/types/typescript?GlobalNamespace=${given}&DefaultImports=${given}&AddImplicitVersion=${given}`);
    expect(body.split('*/')[0]).not.toContain('alert');
    expect(body).toContain('\n//DefaultImports: \n');
    expect(body).toContain('\n//AddImplicitVersion: \n');
  });

  it.each([
    ['/types/dart', { accept: 'application/json' }],
    ['/types/dart.json', {}],
    ['/types/__proto__', {}],
  ])('says for another language what to do: %s', async (url, headers) => {
    const answer = await ask(url, headers);
    expect(answer.statusCode).toBe(404);
    expect(answer.json().responseStatus).toMatchObject({ errorCode: 'NotFound', message: expect.stringContaining('/openapi.json') });
  });

  it.each(['/types', '/types/typescript', '/types/csharp'])('answers HEAD and the pages of other origins: %s', async (url) => {
    const answer = await app.inject({ method: 'HEAD', url, headers: { origin: 'https://other.example' } });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(100);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': '*', vary: 'Accept', 'x-content-type-options': 'nosniff' });
  });
});
