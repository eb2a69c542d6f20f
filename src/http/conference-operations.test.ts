import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';

const namespaces = 'xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Sessions"';
const members = '/sessions/s-1/conference/members';

describe('POST /sessions/{sessionId}/conference/members', () => {
  const request = { sessionId: 's-1', destination: '+18144043093', fromNumber: '+18144043000' };

  it.each([
    [
      'application/json',
      '{"Destination":"+18144043093","FromNumber":"+18144043000"}',
      '"members":[{"callSid":"a@b","callState":"Ringing","muted":false}]',
    ],
    ['application/jsv', '{Destination:+18144043093,FromNumber:+18144043000}', 'conferenceSid:conference-1'],
    ['text/csv', 'Destination,FromNumber\r\n+18144043093,+18144043000\r\n', 'conference-1'],
    ['text/jsonl', '{"destination":"+18144043093","fromNumber":"+18144043000"}\n', '"conferenceSid":"conference-1"'],
    [
      'application/xml',
      `<AddConferenceMember ${namespaces}><Destination>+18144043093</Destination><FromNumber>+18144043000</FromNumber></AddConferenceMember>`,
      '<SessionMemberInfo>',
    ],
  ])('reads and answers %s', async (type, payload, answered) => {
    const { send, services } = testApp();
    const answer = await send({ method: 'POST', url: members, headers: { 'content-type': type, accept: type }, payload });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain(answered);
    expect(services.calls).toEqual([{ name: 'sessions.conferences.addMember', userId: 'manager', request }]);
  });

  it('needs a login', async () => {
    const { app, services } = testApp();
    expect((await app.inject({ method: 'POST', url: members })).statusCode).toBe(401);
    expect((await app.inject({ method: 'POST', url: '/sessions/s-1/conference' })).statusCode).toBe(401);
    expect((await app.inject({ method: 'PATCH', url: `${members}/a@b` })).statusCode).toBe(401);
    expect(services.calls).toEqual([]);
  });
});

describe('POST /sessions/{sessionId}/conference', () => {
  it('needs no body', async () => {
    const { send, services } = testApp();
    const answer = await send({ method: 'POST', url: '/sessions/s-1/conference', headers: { accept: 'application/json' } });
    expect(answer.json()).toEqual({ id: 's-1', conferenceSid: 'conference-1' });
    expect(services.calls).toMatchObject([{ name: 'sessions.conferences.start', request: { sessionId: 's-1' } }]);
  });
});

describe('PATCH /sessions/{sessionId}/conference/members/{callSid}', () => {
  it('takes the Call-ID from the route, and the flags from the body', async () => {
    const { send, services } = testApp();
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    await send({ method: 'PATCH', url: `${members}/${encodeURIComponent('a/b@c')}`, headers, payload: '{"hold":false,"mute":true}' });
    const request = { sessionId: 's-1', callSid: 'a/b@c', hold: false, mute: true };
    expect(services.calls).toEqual([{ name: 'sessions.conferences.patchMember', userId: 'manager', request }]);
  });
});
