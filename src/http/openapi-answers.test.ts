import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DescribedApi } from '../../test/support/described-api.ts';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';
import { PlaceCall } from '../contracts/calls.ts';
import { dto, optional, text } from '../contracts/dto.ts';
import { signedIn } from './handler.ts';

const { app, send } = testApp();
let api: DescribedApi;
beforeAll(async () => {
  api = new DescribedApi((await app.inject({ url: '/openapi.json' })).body);
});
afterAll(() => app.close());

const asJson = { 'content-type': 'application/json' };
const call = { flowId: 'flow', numberToDial: '+18144043093' };
const form = {
  headers: { 'content-type': 'multipart/form-data; boundary=BB' },
  payload:
    '--BB\r\nContent-Disposition: form-data; name="accountId"\r\n\r\naccount\r\n--BB\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--BB--\r\n',
};
const signIn = { provider: 'credentials', userName: 'manager@example.com', password: 'secret-manager' };

describe('answers are as /openapi.json describes them', () => {
  it.each<[string, string, number, InjectOptions]>([
    ['POST', '/sessions/outgoing', 204, { payload: call }],
    ['POST', '/sessions/outgoing', 200, { payload: call, headers: { prefer: 'return=representation' } }],
    ['POST', '/sessions/outgoing', 400, { payload: { flowId: 'flow' } }],
    ['POST', '/sessions/outgoing', 503, { payload: { ...call, flowId: 'busy' } }],
    ['POST', '/calls', 201, { payload: { ...call, metadata: { order: '17' } } }],
    ['POST', '/calls', 409, { payload: call, headers: { 'idempotency-key': 'used' } }],
    ['GET', '/sessions', 200, {}],
    ['GET', '/sessions/{sessionId}', 200, { url: '/sessions/session-1' }],
    ['GET', '/sessions/{sessionId}', 404, { url: '/sessions/unknown' }],
    ['DELETE', '/sessions/{sessionId}', 204, { url: '/sessions/session-1' }],
    ['GET', '/flows', 200, {}],
    ['GET', '/flows/{flowId}', 200, { url: '/flows/flow' }],
    ['GET', '/flows/available-nodes', 200, {}],
    ['GET', '/accounts', 200, {}],
    ['GET', '/auth/status', 200, {}],
    ['POST', '/auth', 200, { payload: signIn }],
    ['POST', '/auth', 401, { payload: { ...signIn, password: 'wrong' } }],
    ['POST', '/files', 200, form],
    ['GET', '/files/{fileId}', 200, { url: '/files/file' }],
    ['GET', '/files/{fileId}/content', 200, { url: '/files/file/content' }],
    ['GET', '/files/{fileId}/content', 404, { url: '/files/unknown/content' }],
    ['GET', '/sessions', 200, { headers: { accept: 'application/xml' } }],
  ])('%s %s: %i', async (method, path, status, request) => {
    const headers = { ...(typeof request.payload === 'object' && asJson), ...request.headers };
    const answer = await send({ url: path, ...request, method: method === 'GET' ? 'GET' : method === 'POST' ? 'POST' : 'DELETE', headers });
    expect([answer.statusCode, api.differences(method, path, answer)]).toEqual([status, []]);
  });

  it('without a login, without a role, and too often', async () => {
    const url = '/sessions/outgoing';
    const nobody = await app.inject({ method: 'POST', url, payload: call });
    expect([nobody.statusCode, api.differences('POST', url, nobody)]).toEqual([401, []]);
    const user = await app.inject({ method: 'POST', url, payload: call, headers: { authorization: basic('user') } });
    expect([user.statusCode, api.differences('POST', url, user)]).toEqual([403, []]);
    const limited = testApp({ requestsPerSecond: 1 });
    for (let sent = 0; sent < 2; sent++) await limited.send({ method: 'POST', url, payload: call });
    const third = await limited.send({ method: 'POST', url, payload: call });
    expect([third.statusCode, api.differences('POST', url, third)]).toEqual([429, []]);
    await limited.app.close();
  });
});

describe('an answer that differs from its description', () => {
  const Odd = dto({ name: 'OddAnswer', namespace: 'Test', description: '' }, { id: optional(text), surprise: optional(text) });

  it.each([
    ['a member', 201, { location: '/sessions/a' }, { id: 'a', surprise: 'b' }, 'additional'],
    ['a header', 201, {}, { id: 'a' }, 'no header Location'],
    ['an error', 409, {}, { id: 'a' }, 'additional'],
  ])('is found by %s', async (_by, status, headers, value, found) => {
    const odd = testApp({}, [
      signedIn({ ...PlaceCall, response: Odd }, async (_principal, _request, { answer }) => {
        answer.status = status;
        Object.assign(answer.headers, headers);
        return value;
      }),
    ]);
    const answer = await odd.send({ method: 'POST', url: '/calls', payload: call });
    expect(answer.statusCode).toBe(status);
    expect(api.differences('POST', '/calls', answer).join()).toContain(found);
    await odd.app.close();
  });
});
