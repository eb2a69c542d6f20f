import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';
import { json } from '../formats/json.ts';
import { xml } from '../formats/xml.ts';
import { callbackOf } from './jsonp.ts';

const headers = { 'content-type': 'application/json', accept: '*/*' };
const script = 'text/javascript; charset=utf-8';

describe('JSONP', () => {
  it('calls the function with the answer', async () => {
    const { send } = testApp();
    const answer = await send({ url: '/sessions/s?callback=cb', headers });
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, script, 'cb({"id":"s"})']);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('calls the function without an argument where there is no answer', async () => {
    const { send } = testApp();
    const payload = '{"flowId":"flow","numberToDial":"+1"}';
    const answer = await send({ method: 'POST', url: '/api/NewOutgoingSession?callback=cb', headers, payload });
    expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, script, 'cb()']);
    expect(answer.headers.location).toBe('/sessions/session-1');
  });

  it.each([
    ['a body that cannot be read', 'POST', '/sessions/outgoing?callback=cb', 'not json', 'SerializationException'],
    ['nobody being signed in', 'GET', '/sessions?callback=cb', undefined, 'Unauthorized'],
    ['a wrong verb', 'POST', '/api/ListSessions?callback=cb', '{}', 'Unauthorized'],
    ['an unknown operation', 'GET', '/api/NoSuch?callback=cb', undefined, 'NotImplementedException'],
  ] as const)('makes a success of %s, which a script could not read', async (_what, method, url, payload, errorCode) => {
    const { app } = testApp();
    const answer = await app.inject({ method, url, headers, ...(payload !== undefined && { payload }) });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, script]);
    expect(answer.body).toMatch(/^cb\(\{"responseStatus":.*\}\)$/);
    expect(answer.body).toContain(`"errorCode":"${errorCode}"`);
  });

  it('leaves the status of an operation that refuses', async () => {
    const { send } = testApp();
    const answer = await send({ url: '/sessions/unknown?callback=cb', headers });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, script]);
    expect(answer.body).toMatch(/^cb\(\{"responseStatus":/);
  });

  it('is for JSON only', async () => {
    const { send } = testApp();
    const answer = await send({ url: '/sessions/s.xml?callback=cb' });
    expect(answer.headers['content-type']).toMatch(/^application\/xml/);
    expect((await send({ url: '/sessions/s.json?callback=cb' })).body).toBe('cb({"id":"s"})');
    expect((await send({ url: '/sessions/s?callback=', headers })).body).toBe('{"id":"s"}');
  });
});

describe('the name of the function', () => {
  it.each([
    ['a.b_C9', 'a.b_C9'],
    ['alert(1);x', 'alert_1__x'],
    ['a[0]', 'a_0_'],
    ['ä\n', '__'],
    ['x'.repeat(200), 'x'.repeat(100)],
  ])('%j becomes %s', (given, name) => {
    expect(callbackOf([['Callback', given]], json)).toBe(name);
    expect(callbackOf([['callback', given]], xml)).toBeUndefined();
  });

  it('can never be more than a name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        expect(callbackOf([['callback', given]], json) ?? '').toMatch(/^[A-Za-z0-9._]{0,100}$/);
      }),
      { seed: 7 },
    );
  });
});
