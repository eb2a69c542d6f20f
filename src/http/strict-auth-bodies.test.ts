import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';

const strict = () => testApp({ strictAuthBodies: true });
const outgoing = {
  method: 'POST',
  url: '/sessions/outgoing?a=1&b=%22',
  headers: { 'content-type': 'application/json', accept: 'application/json' },
  payload: '{}',
} as const;

describe('with the bodies of the original', () => {
  it('nobody gets no body', async () => {
    const { app } = strict();
    const answer = await app.inject(outgoing);
    expect([answer.statusCode, answer.statusMessage, answer.body]).toEqual([401, 'Unauthorized', '']);
    expect(answer.headers['www-authenticate']).toEqual(['Basic realm="/auth/basic"', 'credentials realm="/auth/credentials"']);
    expect(answer.headers['content-type']).toBeUndefined();
    const wrong = await app.inject({ ...outgoing, headers: { ...outgoing.headers, authorization: basic('manager', 'nope') } });
    expect([wrong.statusCode, wrong.body]).toEqual([401, '']);
    expect((await app.inject({ url: '/files/file/content' })).body).toBe('');
  });

  it.each(['/sessions/outgoing?a=1&b=%22', '/api/NewOutgoingSession[]?a=1&b=%22'])(
    'the wrong role at %s gets a plain text',
    async (url) => {
      const { app } = strict();
      const payload = url.includes('[]') ? '[]' : '{}';
      const answer = await app.inject({ ...outgoing, url, payload, headers: { ...outgoing.headers, authorization: basic('customer') } });
      expect([answer.statusCode, answer.statusMessage]).toEqual([403, 'Invalid Role']);
      expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
      expect(answer.body).toBe(
        `Forbidden\n\nRequest.HttpMethod: POST\nRequest.PathInfo: ${url.split('?')[0]}\nRequest.QueryString: a=1&b=%22\n\n`,
      );
    },
  );

  it('what an operation refuses itself keeps its body', async () => {
    const { app, send } = strict();
    for (const url of ['/assignroles', '/unassignroles', '/api/AssignRoles'])
      expect((await send({ ...outgoing, url })).json().responseStatus).toMatchObject({ errorCode: 'Forbidden', message: 'Invalid Role' });
    const batch = await send({ ...outgoing, url: '/api/AssignRoles[]', payload: '[{}]' });
    expect([batch.statusCode, batch.json().responseStatus.message]).toEqual([403, 'Invalid Role']);
    const nobody = await app.inject({ url: '/auth', headers: outgoing.headers });
    expect(nobody.json().responseStatus.message).toBe('Not Authenticated');
    expect((await send({ ...outgoing, payload: 'not json' })).json().responseStatus.errorCode).toBe('SerializationException');
  });
});
