import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';
import { NewOutgoingSession } from '../contracts/sessions.ts';
import { signedIn } from './handler.ts';

const call = { flowId: 'flow', numberToDial: '+18144043093' };
const without = { flowId: 'flow' };

function batch(items: unknown, url = '/api/NewOutgoingSession[]', headers: Readonly<Record<string, string>> = {}) {
  return { method: 'POST', url, headers: { 'content-type': 'application/json', ...headers }, payload: JSON.stringify(items) } as const;
}

describe('a batch', () => {
  it.each([
    '/json/reply/NewOutgoingSession[]',
    '/json/oneway/NewOutgoingSession[]',
    '/api/NewOutgoingSession%5B%5D',
    '/api/newoutgoingsession[].json',
  ])('at %s runs every request in order', async (url) => {
    const { send, services } = testApp();
    const answer = await send(batch([call, { ...call, callerId: '+1' }], url));
    expect([answer.statusCode, answer.body, answer.headers['x-autobatch-completed']]).toEqual([200, '[null,null]', '2']);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers.location).toBeUndefined();
    expect(services.calls.map((one) => one.request)).toEqual([call, { ...call, callerId: '+1' }]);
  });

  it('answers what each request would have been answered', async () => {
    const { send } = testApp();
    const answer = await send(batch([{ name: 'a' }, { name: 'b' }], '/api/NewFlow[]'));
    expect(answer.json()).toEqual([{ id: 'flow' }, { id: 'flow' }]);
    const represented = await send(batch([call], undefined, { prefer: 'return=representation' }));
    expect(represented.json()).toMatchObject([{ id: 'session-1', toAddress: call.numberToDial }]);
  });

  it('may be XML, in the format of its route', async () => {
    const { send, services } = testApp();
    const space = 'http://schemas.datacontract.org/2004/07/Voice.Api.Sessions';
    const item = '<NewOutgoingSession><FlowId>flow</FlowId><NumberToDial>+1</NumberToDial></NewOutgoingSession>';
    const payload = `<ArrayOfNewOutgoingSession xmlns="${space}">${item}${item}</ArrayOfNewOutgoingSession>`;
    const answer = await send({ method: 'POST', url: '/xml/reply/NewOutgoingSession[]', payload });
    expect([answer.statusCode, answer.headers['x-autobatch-completed']]).toEqual([200, '2']);
    expect(answer.body.match(/i:nil="true"/g)).toHaveLength(2);
    expect(services.calls).toHaveLength(2);
  });

  it.each(['[]', '', '  []'])('without a request (%j) answers an empty list', async (payload) => {
    const { send } = testApp();
    const answer = await send({ ...batch([]), payload });
    expect([answer.statusCode, answer.body, answer.headers['x-autobatch-completed']]).toEqual([200, '[]', '0']);
  });

  it.each([
    ['the second', [call, without, call], 1],
    ['the first', [without, call], 0],
  ])('ends with %s request that fails', async (_which, items, index) => {
    const { send, services } = testApp();
    const answer = await send(batch(items));
    expect([answer.statusCode, answer.statusMessage, answer.headers['x-autobatch-completed']]).toEqual([400, 'NotEmpty', String(index)]);
    expect(answer.json().responseStatus).toMatchObject({
      errorCode: 'NotEmpty',
      errors: [{ fieldName: 'NumberToDial' }],
      meta: { AutoBatchIndex: String(index) },
    });
    expect(services.calls).toHaveLength(index + 1);
  });

  it('judges the body, then the login and the role, before any request runs', async () => {
    const { app, services } = testApp();
    const broken = await app.inject(batch([call, { flowId: {} }]));
    expect([broken.statusCode, broken.json().responseStatus.errorCode]).toEqual([400, 'SerializationException']);
    expect(broken.json().responseStatus.message).toContain('using Voice.Api.Sessions.NewOutgoingSession[]');
    expect((await app.inject(batch([call]))).statusCode).toBe(401);
    const forbidden = await app.inject(batch([call], undefined, { authorization: basic('customer') }));
    expect([forbidden.statusCode, forbidden.headers['x-autobatch-completed']]).toEqual([403, undefined]);
    expect(services.calls).toEqual([]);
  });

  it('gives each request an idempotency key of its own', async () => {
    const keys: unknown[] = [];
    const { send } = testApp({}, [
      signedIn(NewOutgoingSession, async (_principal, _request, context) => {
        keys.push(context.idempotencyKey);
        return undefined;
      }),
    ]);
    await send(batch([call, call], undefined, { 'idempotency-key': 'k' }));
    await send(batch([call]));
    expect(keys).toEqual(['k#0', 'k#1', undefined]);
  });

  it.each(['{}', '{"flowId":"f"}', 'null', '"[]"', '[', '[1]', '[[]]', '[null]'])('is not %s', async (payload) => {
    const { send, services } = testApp();
    const answer = await send({ ...batch([]), payload });
    expect([answer.statusCode, answer.json().responseStatus.errorCode]).toEqual([400, 'SerializationException']);
    expect(services.calls).toEqual([]);
  });

  it('is not a form, and has no more than 1000 requests', async () => {
    const { send } = testApp();
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
      expect((await send({ ...batch([]), headers: { 'content-type': type }, payload: '' })).statusCode).toBe(400);
    }
    const long = await send(batch(Array(1001).fill({})));
    expect([long.statusCode, long.json().responseStatus.message]).toEqual([400, expect.stringContaining('more than 1000 items')]);
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD'] as const)('is not sent by %s', async (method) => {
    const { send } = testApp();
    expect((await send({ method, url: '/api/ListSessions[]' })).statusCode).toBe(405);
  });

  it('is of an operation that is sent by POST', async () => {
    const { send } = testApp();
    const answer = await send(batch([{}], '/api/ListSessions[]'));
    expect([answer.statusCode, answer.json().responseStatus.errorCode]).toEqual([405, 'NotImplementedException']);
    expect((await send(batch([{}], '/api/NoSuchOperation[]'))).statusCode).toBe(405);
  });
});
