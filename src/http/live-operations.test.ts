import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';

const namespaces = 'xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Sessions"';

describe('POST /sessions/{sessionId}/hold', () => {
  const request = { sessionId: 's-1', callSid: 'c-1', reason: 'Transferring' };

  it.each([
    ['application/json', '{"CallSid":"c-1","Reason":"Transferring"}', '{"id":"s-1","callState":"Hold","holdReason":"Transferring"}'],
    ['application/jsv', '{CallSid:c-1,Reason:Transferring}', '{id:s-1,callState:Hold,holdReason:Transferring}'],
    ['text/csv', 'CallSid,Reason\r\nc-1,Transferring\r\n', 's-1'],
    ['text/jsonl', '{"callSid":"c-1","reason":"Transferring"}\n', '"holdReason":"Transferring"'],
    [
      'application/xml',
      `<HoldSession ${namespaces}><CallSid>c-1</CallSid><Reason>Transferring</Reason></HoldSession>`,
      '<HoldReason>Transferring</HoldReason>',
    ],
  ])('reads and answers %s', async (type, payload, answered) => {
    const { send, services } = testApp();
    const answer = await send({ method: 'POST', url: '/sessions/s-1/hold', headers: { 'content-type': type, accept: type }, payload });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain(answered);
    expect(services.calls).toEqual([{ name: 'sessions.live.hold', userId: 'manager', request }]);
  });

  it('reads a form, and a number in place of the name of a reason', async () => {
    const { send, services } = testApp();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    await send({ method: 'POST', url: '/sessions/s-1/hold', headers, payload: 'CallSid=c-1&Reason=1' });
    expect(services.calls[0]?.request).toEqual(request);
  });

  it('needs a login, and a reason that exists', async () => {
    const { app, send } = testApp();
    expect((await app.inject({ method: 'POST', url: '/sessions/s-1/hold' })).statusCode).toBe(401);
    const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: basic('manager') };
    const wrong = await send({ method: 'POST', url: '/sessions/s-1/hold', headers, payload: '{"reason":"Lunch"}' });
    expect(wrong.statusCode).toBe(400);
  });
});

describe('PATCH /sessions/{sessionId}', () => {
  it('resumes', async () => {
    const { send, services } = testApp();
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const answer = await send({ method: 'PATCH', url: '/sessions/s-1', headers, payload: '{"callState":"Connected"}' });
    expect(answer.json()).toEqual({ id: 's-1', callState: 'Connected' });
    expect(services.calls).toMatchObject([{ name: 'sessions.live.patch', request: { sessionId: 's-1', callState: 'Connected' } }]);
  });
});

describe('POST /sessions/{sessionId}/record', () => {
  it.each(['', '{}'])('takes the body %j, and answers 204', async (payload) => {
    const { send, services } = testApp();
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const answer = await send({ method: 'POST', url: '/sessions/s-1/record', headers, payload });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(services.calls).toEqual([{ name: 'sessions.live.record', userId: 'manager', request: { sessionId: 's-1' } }]);
  });

  it('takes no body at all', async () => {
    const { send, services } = testApp();
    expect((await send({ method: 'POST', url: '/sessions/s-1/record' })).statusCode).toBe(204);
    expect(services.calls[0]?.request).toEqual({ sessionId: 's-1' });
  });

  it.each([
    ['application/json', '{"Action":"Pause","Layout":"Mono"}'],
    ['application/jsv', '{Action:Pause,Layout:Mono}'],
    ['text/csv', 'Action,Layout\r\nPause,Mono\r\n'],
    ['text/jsonl', '{"action":"Pause","layout":"Mono"}\n'],
    ['application/x-www-form-urlencoded', 'Action=Pause&Layout=Mono'],
    ['application/xml', `<RecordSession ${namespaces}><Action>Pause</Action><Layout>Mono</Layout></RecordSession>`],
  ])('reads %s', async (type, payload) => {
    const { send, services } = testApp();
    const headers = { 'content-type': type, accept: 'application/json' };
    const answer = await send({ method: 'POST', url: '/sessions/s-1/record', headers, payload });
    expect(answer.statusCode).toBe(204);
    expect(services.calls[0]?.request).toEqual({ sessionId: 's-1', action: 'Pause', layout: 'Mono' });
  });

  it('needs a login, and an action that exists', async () => {
    const { app, send } = testApp();
    expect((await app.inject({ method: 'POST', url: '/sessions/s-1/record' })).statusCode).toBe(401);
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const wrong = await send({ method: 'POST', url: '/sessions/s-1/record', headers, payload: '{"action":"Erase"}' });
    expect(wrong.statusCode).toBe(400);
  });
});
