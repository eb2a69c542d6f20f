import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';

const call = { flowId: 'flow', numberToDial: '+18144043093' };
const outgoing = { method: 'POST', url: '/sessions/outgoing' } as const;

describe('a body', () => {
  it.each([
    ['application/jsv', '{FlowId:flow,NumberToDial:+18144043093}'],
    ['text/jsv; charset=utf-8', '{flowId:"flow",numberToDial:+18144043093}'],
    ['text/csv', 'FlowId,NumberToDial\r\nflow,+18144043093\r\n'],
    ['text/jsonl', '{"flowId":"flow","numberToDial":"+18144043093"}\n'],
    ['application/x-www-form-urlencoded', 'FLOWID=flow&numberToDial=%2B18144043093'],
  ])('of type %s is read', async (type, payload) => {
    const { send, services } = testApp();
    const answer = await send({ ...outgoing, headers: { 'content-type': type, accept: 'application/json' }, payload });
    expect(answer.statusCode).toBe(204);
    expect(services.calls[0]?.request).toEqual(call);
  });

  it.each([
    ['jsv', 'application/jsv', '{FlowId:flow,NumberToDial:+18144043093}'],
    ['csv', 'text/csv', 'FlowId,NumberToDial\r\nflow,+18144043093\r\n'],
    ['jsonl', 'text/jsonl', '{"flowId":"flow","numberToDial":"+18144043093"}\n'],
  ])('is read on the predefined route of %s', async (name, type, payload) => {
    const { send, services } = testApp();
    const answer = await send({
      method: 'POST',
      url: `/${name}/reply/NewOutgoingSession`,
      headers: { 'content-type': type, accept: type },
      payload,
    });
    expect(answer.statusCode).toBe(204);
    expect(services.calls[0]?.request).toEqual(call);
  });

  it.each(['application/jsv', 'text/csv', 'text/jsonl'])('of type %s that cannot be read is a 400', async (type) => {
    const { send } = testApp();
    const answer = await send({ ...outgoing, headers: { 'content-type': type, accept: 'application/json' }, payload: '{flowId:"' });
    expect(answer.statusCode).toBe(400);
    const { errorCode, message } = answer.json().responseStatus;
    expect(errorCode).toBe('SerializationException');
    expect(message).toContain(`Could not deserialize '${type}' request using Voice.Api.Sessions.NewOutgoingSession'\nError: `);
  });

  it.each(['', 'json', ';', '/', 'a/b/c', 'application/json, text/xml', 'application/json charset=utf-8', '\u00e9/x'])(
    'of a type that is none (%j) is an empty request, or what the predefined route says',
    async (type) => {
      const { app, send, services } = testApp();
      const headers = { 'content-type': type, accept: 'application/json' };
      const payload = JSON.stringify(call);
      const refused = await app.inject({ ...outgoing, headers, payload });
      expect(refused.statusCode).toBe(401);
      const own = await send({ ...outgoing, headers, payload });
      expect(own.json().responseStatus.errorCode).toBe('NotEmpty');
      const predefined = await send({ method: 'POST', url: '/api/NewOutgoingSession', headers, payload });
      expect(predefined.statusCode).toBe(204);
      expect(services.calls.map(({ request }) => request)).toEqual([{}, call]);
    },
  );

  it('of CSV is a batch with a row for each request', async () => {
    const { send, services } = testApp();
    const payload = 'FlowId,NumberToDial\r\na,+1\r\nb,+2\r\n';
    const answer = await send({
      method: 'POST',
      url: '/csv/reply/NewOutgoingSession[]',
      headers: { 'content-type': 'text/csv' },
      payload,
    });
    expect(answer.statusCode).toBe(200);
    expect(services.calls.map(({ request }) => request)).toEqual([
      { flowId: 'a', numberToDial: '+1' },
      { flowId: 'b', numberToDial: '+2' },
    ]);
  });
});

describe('an answer', () => {
  it.each([
    ['jsv', 'application/jsv', /^\{id:manager,/, undefined],
    ['csv', 'text/csv', /^Id,[\w,]+\r\nmanager,.*\r\n$/, 'attachment;filename="GetAuthStatus.csv"'],
    ['jsonl', 'text/jsonl', /^\{"id":"manager",.*\}\n$/, undefined],
  ])('is in %s for a suffix, ?format and Accept', async (name, type, body, disposition) => {
    const { send } = testApp();
    const requests = [
      { url: `/auth/status.${name}`, headers: { accept: 'application/json' } },
      { url: `/auth/status?format=${name}`, headers: { accept: 'application/json' } },
      { url: '/auth/status', headers: { accept: type } },
      { url: `/${name}/reply/GetAuthStatus`, headers: { accept: 'application/json' } },
    ];
    for (const request of requests) {
      const answer = await send(request);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']?.toString().split(';')[0]).toBe(type);
      expect(answer.headers['content-disposition']).toBe(disposition);
      expect(answer.body).toMatch(body);
    }
  });

  it.each([
    ['application/jsv', /^\{responseStatus:\{errorCode:SerializationException,message:"Could not deserialize/],
    ['text/csv', /^ResponseStatus\r\n"\{errorCode:SerializationException,message:""Could not deserialize/],
    ['text/jsonl', /^\{"responseStatus":\{"errorCode":"SerializationException","message":"Could not deserialize.*\}\n$/],
  ])('is an error in %s, which no browser saves as a file', async (accept, body) => {
    const { send } = testApp();
    const answer = await send({ ...outgoing, headers: { 'content-type': 'application/json', accept }, payload: 'not json' });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']?.toString().split(';')[0]).toBe(accept);
    expect(answer.headers['content-disposition']).toBeUndefined();
    expect(answer.body).toMatch(body);
  });
});

describe('a query or form', () => {
  it('binds lists, flags and objects', async () => {
    const { send, services } = testApp();
    const url = '/sessions?accountIds=a,b&accountIds=c&all=on&page=1&specificIds=[x,"y,z"]';
    expect((await send({ url, headers: { accept: 'application/json' } })).statusCode).toBe(200);
    expect(services.calls[0]?.request).toEqual({ accountIds: ['a', 'b', 'c'], all: true, page: 1, specificIds: ['x', 'y,z'] });
  });

  it.each([
    ['query', { method: 'GET', url: '/sessions?page=x&all=maybe&accountIds=[a' }],
    [
      'form',
      {
        method: 'POST',
        url: '/json/reply/ListSessions',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: 'page=x&all=maybe&accountIds=[a',
      },
    ],
  ] as const)('with wrong values is a 400 with an entry for each: %s', async (_, request) => {
    const { send } = testApp();
    const answer = await send(request);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().responseStatus).toEqual({
      errorCode: 'SerializationException',
      message: "Unable to bind to request 'ListSessions'",
      errors: [
        { errorCode: 'SerializationException', fieldName: 'Page', message: "'x' is an Invalid value for 'Page'" },
        { errorCode: 'SerializationException', fieldName: 'All', message: "'maybe' is an Invalid value for 'All'" },
        { errorCode: 'SerializationException', fieldName: 'AccountIds', message: "'[a' is an Invalid value for 'AccountIds'" },
      ],
    });
  });
});
