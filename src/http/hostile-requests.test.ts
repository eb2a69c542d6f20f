import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';

const types = fc.constantFrom(
  'application/json',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=BB',
  'multipart/form-data',
  'text/plain',
  'application/json; charset=utf-16',
);
const urls = fc.constantFrom(
  '/sessions/outgoing',
  '/flows',
  '/flows/f',
  '/files',
  '/auth/credentials',
  '/auth/x/y',
  '/api/NewFlow',
  '/xml/reply/NewFlow.json',
  '/json/reply/',
  '/api/__proto__',
  '/endpoints/sip-trunk.xml',
);
const queries = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters().map((query) => `?${query}`),
);
const methods = fc.constantFrom(
  'GET' as const,
  'POST' as const,
  'PUT' as const,
  'PATCH' as const,
  'DELETE' as const,
  'OPTIONS' as const,
  'HEAD' as const,
);
const pieces = fc.constantFrom(
  '{',
  '}',
  '"name"',
  ':',
  '[',
  ']',
  ',',
  '1e999',
  'null',
  '<NewFlow>',
  '</NewFlow>',
  '--BB\r\n',
  'a=b&',
  '\u0000',
  '\\u',
);
const bodies = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => Buffer.from(parts.join(''))),
  fc.uint8Array({ maxLength: 60 }).map(Buffer.from),
);

describe('any request', () => {
  it('is answered, and never with an error of ours', async () => {
    const { app, logged } = testApp();
    await fc.assert(
      fc.asyncProperty(
        methods,
        urls,
        queries,
        types,
        fc.string({ maxLength: 20 }),
        bodies,
        async (method, url, query, type, accept, payload) => {
          const answer = await app.inject({
            method,
            url: url + query,
            headers: { 'content-type': type, accept: encodeURIComponent(Buffer.from(accept).toString()), authorization: basic('admin') },
            payload,
          });
          expect(answer.statusCode).toBeLessThan(500);
          expect(answer.statusCode).toBeGreaterThanOrEqual(200);
          if (answer.statusCode >= 400 && method !== 'HEAD') expect(answer.body).toMatch(/responseStatus|ResponseStatus/);
        },
      ),
      { seed: 6, numRuns: 400 },
    );
    expect(logged).toEqual([]);
  });

  it('with any cookie or Authorization header is judged, not broken by it', async () => {
    const { app, logged } = testApp();
    const header = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(header, header, header, async (cookie, authorization, prefer) => {
        const answer = await app.inject({ url: '/auth', headers: { cookie, authorization: `Basic ${authorization}`, prefer } });
        expect(answer.statusCode).toBe(401);
        expect((await app.inject({ url: '/sessions', headers: { cookie } })).statusCode).toBe(401);
      }),
      { seed: 7, numRuns: 150 },
    );
    expect(logged).toEqual([]);
  });
});
