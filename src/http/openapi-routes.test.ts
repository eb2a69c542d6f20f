import { validate } from '@scalar/openapi-parser';
import { afterAll, describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';
import { allOperations } from '../contracts/dto.ts';

const { app } = testApp();
afterAll(() => app.close());

async function documentAt(url: string): Promise<{ text: string; document: Readonly<Record<string, unknown>> }> {
  const answer = await app.inject({ url, headers: { host: 'voice.example' } });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  return { text: answer.body, document: answer.json() };
}

describe.each([
  ['/openapi', { swagger: '2.0', host: 'voice.example', schemes: ['http'] }],
  ['/openapi.json', { openapi: '3.1.0', servers: [{ url: 'http://voice.example' }] }],
])('%s', (url, head) => {
  it('is a valid description of this server', async () => {
    const { text, document } = await documentAt(url);
    expect(document).toMatchObject(head);
    expect(await validate(text)).toMatchObject({ valid: true });
  });

  it('has every route of every operation, each under a name of its own', async () => {
    const { document } = await documentAt(url);
    const paths = Object(document.paths);
    const names = new Set<unknown>();
    for (const { routes } of allOperations()) {
      for (const route of routes) {
        const [verb = '', path = ''] = route.split(' ');
        const described = Object(Object(paths[path])[verb.toLowerCase()]);
        expect(described.operationId, route).toEqual(expect.any(String));
        names.add(described.operationId);
      }
    }
    expect(names.size).toBe(allOperations().flatMap(({ routes }) => routes).length);
  });

  it('refers to nothing that it does not define', async () => {
    const { text, document } = await documentAt(url);
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path.split('/'));
    expect(references.length).toBeGreaterThan(20);
    for (const path of references)
      expect(
        path.reduce((value, step) => Object(value)[step], document as unknown),
        path.join('/'),
      ).toBeDefined();
  });

  it('says that a call answers 204', async () => {
    const { document } = await documentAt(url);
    expect(document.paths).toMatchObject({ '/sessions/outgoing': { post: { responses: { 204: {}, default: {} } } } });
  });

  it('says what travels beside requests and answers', async () => {
    const { document } = await documentAt(url);
    const { '/sessions/outgoing': outgoing, '/calls': calls, '/files/{fileId}/content': content } = Object(document.paths);
    const named = (name: string) => expect.objectContaining({ name, in: 'header' });
    expect(outgoing.post.parameters).toEqual(expect.arrayContaining([named('Idempotency-Key'), named('Prefer')]));
    expect(outgoing.post.responses).toMatchObject({
      200: { headers: { Location: {}, 'Preference-Applied': {} } },
      204: { headers: { Location: {} } },
    });
    expect(calls.post.parameters).toEqual(expect.arrayContaining([named('Idempotency-Key')]));
    expect(calls.post.responses).toMatchObject({ 201: { headers: { Location: {} } }, 409: {} });
    expect(calls.post.responses).not.toHaveProperty('200');
    expect(content.get).toMatchObject({ operationId: 'GetFileContent', responses: { 200: {}, 401: {}, 403: {}, 429: {}, 503: {} } });
  });

  it('is answered to HEAD without the document', async () => {
    const answer = await app.inject({ method: 'HEAD', url });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
  });
});

describe('an upload', () => {
  it('is multipart, with the file and the fields', async () => {
    const { document } = await documentAt('/openapi.json');
    const { requestBody } = Object(document.paths)['/files'].post;
    expect(Object.keys(requestBody.content)).toEqual(['multipart/form-data']);
    expect(requestBody.content['multipart/form-data'].schema.allOf).toEqual([
      { $ref: '#/components/schemas/NewFile' },
      { type: 'object', properties: { file: { contentMediaType: 'application/octet-stream' } }, required: ['file'] },
    ]);
  });

  it('is form data with a file in Swagger', async () => {
    const { document } = await documentAt('/openapi');
    const { consumes, parameters } = Object(document.paths)['/files'].post;
    expect(consumes).toEqual(['multipart/form-data']);
    expect(parameters).toEqual([
      { name: 'accountId', type: 'string', in: 'formData' },
      { name: 'fileName', type: 'string', in: 'formData' },
      { name: 'file', in: 'formData', type: 'file', required: true },
    ]);
  });
});

describe('the reference page', () => {
  it.each(['/docs', '/docs/', '/swagger-ui/'])('is at %s and loads nothing from elsewhere', async (url) => {
    const answer = await app.inject({ url });
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).toContain("connect-src 'self'");
    expect(answer.body).toContain('/openapi.json');
    expect(answer.body).not.toMatch(/(?:src|href)="(?!\/[^/]|data:)/);
  });

  it('sends nothing to the makers of its script', async () => {
    const answer = await app.inject({ url: '/docs' });
    const [, configuration = ''] = /data-configuration="([^"]*)"/.exec(answer.body) ?? [];
    expect(JSON.parse(configuration.replaceAll('&quot;', '"'))).toMatchObject({
      telemetry: false,
      withDefaultFonts: false,
      showDeveloperTools: 'never',
      hideClientButton: true,
    });
    expect(answer.headers['referrer-policy']).toBe('same-origin');
  });

  it('gets its script from this server', async () => {
    const answer = await app.inject({ url: '/docs/scalar.js' });
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(answer.rawPayload.length).toBeGreaterThan(1_000_000);
  });
});
