import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';
import { allOperations } from '../contracts/dto.ts';
import { allHandlers } from './app.ts';

const asJson = { 'content-type': 'application/json', accept: 'application/json' };
const call = { flowId: 'flow', numberToDial: '+18144043093', callerId: '+15550000000' };

describe('POST /sessions/outgoing', () => {
  it('answers 204 with the address of the session and no body', async () => {
    const { send, services } = testApp();
    const answer = await send({ method: 'POST', url: '/sessions/outgoing', headers: asJson, payload: JSON.stringify(call) });
    expect(answer.statusCode).toBe(204);
    expect(answer.body).toBe('');
    expect(answer.headers).toMatchObject({ location: '/sessions/session-1', vary: 'Accept' });
    expect(answer.headers['content-type']).toBeUndefined();
    expect(services.calls).toEqual([{ name: 'sessions.createOutgoing', userId: 'manager', request: call }]);
  });

  it.each(['return=representation', 'respond-async, return="representation"; x=y'])(
    'answers with the session for Prefer: %s',
    async (prefer) => {
      const { send } = testApp();
      const answer = await send({
        method: 'POST',
        url: '/sessions/outgoing',
        headers: { ...asJson, prefer },
        payload: JSON.stringify(call),
      });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers).toMatchObject({
        location: '/sessions/session-1',
        'preference-applied': 'return=representation',
        'content-type': 'application/json; charset=utf-8',
      });
      expect(answer.body).toBe('{"id":"session-1","toAddress":"+18144043093","ended":false,"flowId":"flow","log":[]}');
    },
  );

  it('answers with the session in XML', async () => {
    const { send } = testApp();
    const headers = { ...asJson, accept: 'application/xml', prefer: 'return=representation' };
    const answer = await send({ method: 'POST', url: '/sessions/outgoing', headers, payload: JSON.stringify(call) });
    expect(answer.headers['content-type']).toBe('application/xml');
    expect(answer.body).toContain('<SessionInfo xmlns:i=');
    expect(answer.body).toContain('<FlowId>flow</FlowId>');
  });

  it('reads an XML body', async () => {
    const { send, services } = testApp();
    const payload =
      '<NewOutgoingSession xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Sessions" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">' +
      '<CallerId i:nil="true"/><FlowId>flow</FlowId><NumberToDial>+18144043093</NumberToDial></NewOutgoingSession>';
    const headers = { 'content-type': 'application/xml', accept: 'application/xml' };
    const answer = await send({ method: 'POST', url: '/sessions/outgoing', headers, payload });
    expect(answer.statusCode).toBe(204);
    expect(services.calls[0]?.request).toEqual({ flowId: 'flow', numberToDial: '+18144043093' });
  });

  it('reads a form, a query, and a multipart body whose files it passes over', async () => {
    const { send, services } = testApp();
    const url = '/sessions/outgoing';
    const form = 'application/x-www-form-urlencoded';
    await send({ method: 'POST', url, headers: { 'content-type': form }, payload: 'flowId=flow&numberToDial=%2B18144043093' });
    await send({ method: 'POST', url: `${url}?FlowId=flow&numberToDial=%2B18144043093` });
    const payload =
      '--BB\r\nContent-Disposition: form-data; name="FlowId"\r\n\r\nflow\r\n' +
      '--BB\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n' +
      '--BB\r\nContent-Disposition: form-data; name="numberToDial"\r\n\r\n+18144043093\r\n--BB--\r\n';
    await send({ method: 'POST', url, headers: { 'content-type': 'multipart/form-data; boundary=BB' }, payload });
    const expected = { flowId: 'flow', numberToDial: '+18144043093' };
    expect(services.calls.map((one) => one.request)).toEqual([expected, expected, expected]);
  });

  it('passes on what the service refuses, with its code as the reason', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'POST', url: '/sessions/outgoing', headers: asJson, payload: '{"flowId":"flow"}' });
    expect(answer.statusCode).toBe(400);
    expect(answer.statusMessage).toBe('NotEmpty');
    expect(answer.json()).toEqual({
      responseStatus: {
        errorCode: 'NotEmpty',
        message: "'NumberToDial' is required: the number.",
        errors: [{ errorCode: 'NotEmpty', fieldName: 'NumberToDial', message: "'NumberToDial' is required: the number." }],
      },
    });
    const busy = await send({
      method: 'POST',
      url: '/sessions/outgoing',
      payload: '{"flowId":"busy","numberToDial":"+1"}',
      headers: asJson,
    });
    expect([busy.statusCode, busy.statusMessage, busy.headers['retry-after']]).toEqual([503, 'NoCapacity', '2']);
  });

  it('takes an empty JSON body for an empty request', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'POST', url: '/sessions/outgoing', headers: asJson, payload: '' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().responseStatus.errorCode).toBe('NotEmpty');
  });
});

describe('the other operations', () => {
  it.each([
    ['GET', '/accounts?nameFilter=a', 'accounts.list', { nameFilter: 'a' }],
    ['GET', '/accounts/Ab-1', 'accounts.get', { accountId: 'Ab-1' }],
    ['POST', '/accounts', 'accounts.create', { name: 'x' }],
    ['PATCH', '/accounts/a', 'accounts.patch', { accountId: 'a', name: 'x' }],
    ['DELETE', '/accounts/a', 'accounts.remove', { accountId: 'a' }],
    ['POST', '/users', 'users.create', { roles: ['Manager'] }],
    ['POST', '/endpoints/phone-numbers', 'phoneNumbers.create', { number: '+1' }],
    ['POST', '/endpoints/sip-trunk', 'trunks.create', { host: 'h' }],
    ['GET', '/endpoints?types=SipTrunk,phonenumber', 'endpoints.list', { types: ['SipTrunk', 'PhoneNumber'] }],
    ['GET', '/endpoints/e', 'endpoints.get', { endpointId: 'e' }],
    ['PATCH', '/endpoints/e', 'endpoints.patch', { endpointId: 'e', port: 5060 }],
    ['DELETE', '/endpoints/e', 'endpoints.remove', { endpointId: 'e' }],
    ['GET', '/flows?page=1', 'flows.list', { page: 1 }],
    ['GET', '/flows/available-nodes?flowId=f', 'flows.availableNodes', { flowId: 'f' }],
    ['GET', '/flows/f', 'flows.get', { flowId: 'f' }],
    ['POST', '/flows', 'flows.create', { name: 'x', nodes: [] }],
    ['PATCH', '/flows/f', 'flows.patch', { flowId: 'f', name: 'x' }],
    ['DELETE', '/flows/f', 'flows.remove', { flowId: 'f' }],
    ['GET', '/files?type=upload', 'files.list', { type: 'Upload' }],
    ['GET', '/files/f', 'files.get', { fileId: 'f' }],
    ['DELETE', '/files/f', 'files.remove', { fileId: 'f' }],
    ['GET', '/sessions?specificIds=a&specificIds=b', 'sessions.list', { specificIds: ['a', 'b'] }],
    ['GET', '/sessions/s', 'sessions.get', 's'],
    ['DELETE', '/sessions/s', 'sessions.end', 's'],
    ['DELETE', '/sessions/s?callSid=a%40b', 'sessions.end', { sessionId: 's', callSid: 'a@b' }],
  ] as const)('%s %s reaches %s', async (method, url, name, request) => {
    const { app, services } = testApp();
    const withBody = method === 'POST' || method === 'PATCH';
    const headers = { authorization: basic('admin'), ...(withBody ? asJson : {}) };
    const answer = await app.inject({ method, url, headers, ...(withBody ? { payload: JSON.stringify(request) } : {}) });
    expect(answer.statusCode).toBe(method === 'DELETE' ? 204 : 200);
    expect(services.calls).toEqual([{ name, userId: 'admin', request }]);
  });

  it('have a handler each, on the routes that they declare', () => {
    const { services } = testApp();
    const handled = allHandlers(services).map((bound) => bound.operation.name);
    expect(handled.toSorted()).toEqual(
      allOperations()
        .map((operation) => operation.name)
        .toSorted(),
    );
  });

  it('write lists with their counts, and bare lists', async () => {
    const { send } = testApp();
    const page = await send({ method: 'GET', url: '/sessions' });
    expect(page.body).toBe('{"items":[{"id":"session-1"}],"totalCount":1,"totalPages":1,"hasMorePages":false}');
    const nodes = await send({ method: 'GET', url: '/flows/available-nodes', headers: { authorization: basic('customer') } });
    expect(nodes.body).toBe('[{"name":"Say","typeName":"SayNode"}]');
  });
});

describe('predefined routes', () => {
  const payload = JSON.stringify(call);

  it.each([
    '/json/reply/NewOutgoingSession',
    '/json/oneway/NewOutgoingSession',
    '/api/NewOutgoingSession',
    '/API/newoutgoingsession/',
    '/api/NewOutgoingSession.json',
  ])('%s answers as the route does', async (url) => {
    const { send, services } = testApp();
    const answer = await send({ method: 'POST', url, headers: { 'content-type': 'text/plain;charset=UTF-8', accept: '*/*' }, payload });
    expect([answer.statusCode, answer.headers.location, answer.body]).toEqual([204, '/sessions/session-1', '']);
    expect(services.calls[0]?.request).toEqual(call);
  });

  it('read and answer in the format of the route', async () => {
    const { send } = testApp();
    const inJson = await send({
      method: 'POST',
      url: '/json/reply/NewOutgoingSession',
      headers: { accept: 'application/xml' },
      payload: 'x',
    });
    expect([inJson.statusCode, inJson.headers['content-type']]).toEqual([400, 'application/json; charset=utf-8']);
    const inXml = await send({ method: 'POST', url: '/api/NewOutgoingSession.xml', headers: asJson, payload });
    expect([inXml.statusCode, inXml.headers['content-type']]).toEqual([400, 'application/xml']);
    const wished = await send({ method: 'GET', url: '/json/reply/GetFlow?flowId=f&format=xml' });
    expect([wished.statusCode, wished.headers['content-type']]).toEqual([200, 'application/xml']);
  });

  it('take an XML body on /xml/reply', async () => {
    const { send, services } = testApp();
    const xml = '<GetFlow xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Flows"><FlowId>f</FlowId></GetFlow>';
    const answer = await send({ method: 'GET', url: '/xml/reply/GetFlow?flowId=f' });
    expect(answer.body).toContain('<FlowInfo ');
    await send({ method: 'POST', url: '/xml/reply/GetFlow', headers: { 'content-type': 'application/xml' }, payload: xml });
    expect(services.calls.map((one) => one.request)).toEqual([{ flowId: 'f' }]);
  });

  it('fill from the query only what the body left unset', async () => {
    const { send, services } = testApp();
    const url = '/api/NewOutgoingSession?numberToDial=%2B15550000000&flowId=flow';
    await send({ method: 'POST', url, headers: asJson, payload: '{"numberToDial":"+18144043093"}' });
    expect(services.calls[0]?.request).toEqual({ flowId: 'flow', numberToDial: '+18144043093' });
  });

  it('bind a multipart body and the query', async () => {
    const { send, services } = testApp();
    const fields = ['flowId\r\n\r\nflow', 'numberToDial\r\n\r\n+1'].map((field) =>
      field.replace(/^\w+/, 'Content-Disposition: form-data; name="$&"'),
    );
    const multipart = `${fields.map((field) => `--BB\r\n${field}\r\n`).join('')}--BB--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=BB' };
    await send({ method: 'POST', url: '/api/NewOutgoingSession?callerId=%2B2', headers, payload: multipart });
    expect(services.calls[0]?.request).toEqual({ flowId: 'flow', numberToDial: '+1', callerId: '+2' });
  });

  it('refuse an operation that does not exist', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'POST', url: '/json/reply/NoSuchOp', headers: asJson, payload: '{}' });
    expect(answer.statusCode).toBe(405);
    expect(answer.json().responseStatus).toEqual({
      errorCode: 'NotImplementedException',
      message: 'The operation does not exist for this service',
      errors: [],
    });
    const soap = await send({ method: 'POST', url: '/soap11', headers: { 'content-type': 'text/xml' }, payload: '<x/>' });
    expect(soap.statusCode).toBe(404);
  });

  it('refuse a verb that the operation has no method for, after the login and role', async () => {
    const { app, send } = testApp();
    const answer = await send({ method: 'GET', url: '/api/NewOutgoingSession' });
    expect(answer.statusCode).toBe(405);
    expect(answer.json().responseStatus.message).toContain(
      'Could not find method named Get(NewOutgoingSession) or Any(NewOutgoingSession)',
    );
    expect((await app.inject({ method: 'GET', url: '/api/NewOutgoingSession' })).statusCode).toBe(401);
  });
});
