import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';

const asJson = { 'content-type': 'application/json', accept: 'application/json' };
const outgoing = { method: 'POST', url: '/sessions/outgoing' } as const;

describe('the order of the checks', () => {
  it('judges the body before the login', async () => {
    const { app } = testApp();
    const answer = await app.inject({ ...outgoing, headers: asJson, payload: 'not json' });
    expect(answer.statusCode).toBe(400);
    expect(answer.statusMessage).toBe('Bad Request');
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const { responseStatus } = answer.json();
    expect(responseStatus).toMatchObject({ errorCode: 'SerializationException', errors: [] });
    expect(responseStatus.message).toContain("Could not deserialize 'application/json' request");
    expect(answer.body).not.toContain('stackTrace');
  });

  it('judges the login before the members', async () => {
    const { app, services } = testApp();
    const answer = await app.inject({ ...outgoing, headers: asJson, payload: '{}' });
    expect([answer.statusCode, answer.statusMessage]).toEqual([401, 'Unauthorized']);
    expect(answer.headers['www-authenticate']).toEqual(['Basic realm="/auth/basic"', 'credentials realm="/auth/credentials"']);
    expect(answer.json()).toEqual({ responseStatus: { errorCode: 'Unauthorized', message: 'Not Authenticated', errors: [] } });
    expect(services.calls).toEqual([]);
  });

  it('judges the role after the login', async () => {
    const { app, services } = testApp();
    const headers = { ...asJson, authorization: basic('customer') };
    const answer = await app.inject({ ...outgoing, headers, payload: '{}' });
    expect([answer.statusCode, answer.statusMessage]).toEqual([403, 'Invalid Role']);
    expect(answer.json()).toEqual({ responseStatus: { errorCode: 'Forbidden', message: 'Invalid Role', errors: [] } });
    expect(services.calls).toEqual([]);
  });

  it.each(['manager', 'system', 'admin'])('lets %s through', async (userId) => {
    const { app, services } = testApp();
    const headers = { ...asJson, authorization: basic(userId) };
    await app.inject({ ...outgoing, headers, payload: '{"flowId":"flow","numberToDial":"+1"}' });
    expect(services.calls).toHaveLength(1);
  });

  it('judges query and path members before the login', async () => {
    const { app } = testApp();
    const answer = await app.inject({ method: 'GET', url: '/sessions?page=x&all=maybe' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().responseStatus).toEqual({
      errorCode: 'SerializationException',
      message: "Unable to bind to request 'ListSessions'",
      errors: [
        { errorCode: 'SerializationException', fieldName: 'Page', message: "'x' is an Invalid value for 'Page'" },
        { errorCode: 'SerializationException', fieldName: 'All', message: "'maybe' is an Invalid value for 'All'" },
      ],
    });
  });
});

describe('errors', () => {
  it.each([
    [outgoing.url, 'application/xml', /^application\/xml/],
    [outgoing.url, 'text/xml', /^application\/xml/],
    [`${outgoing.url}.xml`, 'application/json', /^application\/xml/],
    [`${outgoing.url}.json`, 'application/xml', /^application\/json; charset=utf-8$/],
    [`${outgoing.url}?format=xml`, 'application/json', /^application\/xml/],
    [outgoing.url, '*/*', /^application\/json/],
    [outgoing.url, 'application/x-unknown', /^application\/json/],
    [outgoing.url, 'application/json;q=0.1, application/xml;q=0.9', /^application\/json/],
    ['/Sessions/OutGoing/', 'application/json', /^application\/json/],
  ])('at %s for %s come as %s', async (url, accept, type) => {
    const { app } = testApp();
    const answer = await app.inject({ method: 'POST', url, headers: { 'content-type': 'application/json', accept }, payload: 'not json' });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['content-type']).toMatch(type);
    expect(answer.headers.vary).toBe('Accept');
  });

  it('are written in XML in the order of the contract', async () => {
    const { app } = testApp();
    const headers = { 'content-type': 'application/json', accept: 'application/xml' };
    const answer = await app.inject({ ...outgoing, headers, payload: 'not json' });
    expect(answer.body).toMatch(/<ErrorResponse [^>]*xmlns="http:\/\/schemas.servicestack.net\/types">/);
    expect(answer.body).toMatch(
      /<ErrorCode>SerializationException<\/ErrorCode><Message>[\s\S]*<\/Message><StackTrace i:nil="true"\/><Errors\/><Meta i:nil="true"\/>/,
    );
  });

  it('are written in the response type of the operation where it has a status of its own', async () => {
    const { app } = testApp();
    const answer = await app.inject({ method: 'GET', url: '/auth.xml' });
    expect(answer.body).toContain('<AuthenticateResponse ');
    expect(answer.body).toContain('<ErrorCode>Unauthorized</ErrorCode>');
  });

  it.each([
    ['GET', '/no/such/path'],
    ['POST', '/sessions/outgoing.nope'],
    ['PUT', '/sessions/outgoing'],
    ['GET', '/msgpack/reply/GetFlow'],
  ] as const)('%s %s is 404', async (method, url) => {
    const { send } = testApp();
    const answer = await send({ method, url, headers: asJson });
    expect([answer.statusCode, answer.statusMessage]).toEqual([404, 'Not Found']);
    expect(answer.json().responseStatus).toMatchObject({ errorCode: 'NotFound', errors: [] });
  });

  it('replaces the verb when asked, before routing', async () => {
    const { app } = testApp();
    const post = await app.inject({
      method: 'PUT',
      url: outgoing.url,
      headers: { ...asJson, 'x-http-method-override': 'post' },
      payload: 'x',
    });
    expect(post.json().responseStatus.errorCode).toBe('SerializationException');
    const put = await app.inject({ ...outgoing, headers: { ...asJson, 'X-HTTP-Method-Override': 'PUT' }, payload: 'x' });
    expect(put.statusCode).toBe(404);
    const nonsense = await app.inject({ ...outgoing, headers: { ...asJson, 'x-http-method-override': 'TRACE' }, payload: 'x' });
    expect(nonsense.statusCode).toBe(400);
  });

  it('of a service that are not known give a reference and nothing else; the log has the rest', async () => {
    const { send, services, logged } = testApp();
    services.failNext = new Error('password is hunter2');
    const answer = await send({ method: 'GET', url: '/sessions/s' });
    expect(answer.statusCode).toBe(500);
    expect(answer.statusMessage).toBe('InternalError');
    expect(answer.body).not.toContain('hunter2');
    const reference = String(logged[0]?.reference);
    expect(reference).toMatch(/^[0-9a-f]{16}$/);
    expect(answer.json().responseStatus.message).toContain(reference);
    expect(logged[0]?.err).toBeInstanceOf(Error);
  });

  it('that are no Error at all are told apart from nothing', async () => {
    const { send, services, logged } = testApp();
    services.failNext = 'just a text';
    expect((await send({ method: 'GET', url: '/sessions/s' })).statusCode).toBe(500);
    expect(logged[0]?.err).toBe('just a text');
  });

  it('tell that a body is too large', async () => {
    const { send } = testApp();
    const answer = await send({ ...outgoing, headers: asJson, payload: `{"flowId":"${'x'.repeat(5000)}"}` });
    expect([answer.statusCode, answer.json().responseStatus.errorCode]).toEqual([413, 'RequestTooLarge']);
  });

  it('tell that an address makes no sense', async () => {
    const { send } = testApp();
    expect((await send({ method: 'GET', url: '/sessions/%zz' })).statusCode).toBe(400);
    expect((await send({ method: 'GET', url: `/sessions/${'x'.repeat(300)}` })).statusCode).toBe(400);
  });

  it('of a service keep their status, code and fields', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'GET', url: '/sessions/unknown' });
    expect([answer.statusCode, answer.statusMessage]).toEqual([404, 'NotFound']);
    expect(answer.json().responseStatus.message).toContain('There is no session with this id');
  });
});

describe('what is no operation', () => {
  it('GET /health needs no login, and says when the server is about to stop', async () => {
    const { app, services } = testApp();
    const healthy = await app.inject('/health');
    expect([healthy.statusCode, healthy.body]).toEqual([200, '{"status":"ok"}']);
    services.sessions.draining = true;
    expect((await app.inject('/health')).statusCode).toBe(503);
  });

  it.each(['/flows/f', '/api/GetFlow?flowId=f', '/sessions/unknown', '/health', '/files/file/content'])(
    'HEAD of %s is its GET without the body',
    async (url) => {
      const { send, services } = testApp();
      const [head, get] = [await send({ method: 'HEAD', url }), await send({ method: 'GET', url })];
      expect([head.statusCode, head.body]).toEqual([get.statusCode, '']);
      expect({ ...head.headers, date: '' }).toEqual({ ...get.headers, date: '' });
      expect(services.calls.at(0)).toEqual(services.calls.at(1));
    },
  );

  it('HEAD runs nothing that is no GET', async () => {
    const { send, services } = testApp();
    expect((await send({ method: 'HEAD', url: '/sessions/outgoing' })).statusCode).not.toBe(204);
    expect((await send({ method: 'HEAD', url: '/api/NewOutgoingSession?flowId=f&numberToDial=1' })).statusCode).toBe(405);
    expect(services.calls.map((one) => one.name)).not.toContain('sessions.createOutgoing');
    expect((await send({ method: 'HEAD', url: '/api/GetFlow?flowId=f' })).statusCode).toBe(200);
  });
});
