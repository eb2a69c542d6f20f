import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';
import { isReadable } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';

const request = { flowId: 'flow', numberToDial: '+18144043093' };
const asJson = { 'content-type': 'application/json', accept: 'application/json' };

describe.each(wireFormats)('the routes of $name', ({ name, suffix, answerType }) => {
  it.each(['reply', 'oneway'])('/{format}/%s run an operation and answer in the format', async (kind) => {
    const { send, services } = testApp();
    const query = 'flowId=flow&numberToDial=%2B18144043093';
    const done = await send({ method: 'POST', url: `/${name}/${kind}/NewOutgoingSession?${query}` });
    expect([done.statusCode, done.body]).toEqual([204, '']);
    expect(services.calls.map((one) => one.request)).toEqual([request]);
    const refused = await send({ url: `/${name}/${kind}/GetSession?sessionId=unknown`, headers: asJson });
    expect([refused.statusCode, refused.headers['content-type']]).toEqual([404, answerType]);
    const unknown = await send({ url: `/${name}/${kind}/NoSuchOperation`, headers: asJson });
    expect([unknown.statusCode, unknown.headers['content-type']]).toEqual([405, answerType]);
  });

  it('/api/{Op}.{format} answers in the format', async () => {
    const { send } = testApp();
    const answer = await send({ url: `/api/getsession${suffix}?sessionId=s`, headers: asJson });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, answerType]);
  });

  it('are no others, and say so in the format', async () => {
    const { send } = testApp();
    const answer = await send({ url: `/${name}/nothing/GetSession`, headers: asJson });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, answerType]);
  });
});

describe('a predefined route', () => {
  it.each(wireFormats.filter((format) => !isReadable(format)).map(({ name }) => name))(
    'of %s, which nobody sends, reads a body by its content type',
    async (name) => {
      const { send, services } = testApp();
      const url = `/${name}/reply/NewOutgoingSession`;
      expect((await send({ method: 'POST', url, headers: asJson, payload: JSON.stringify(request) })).statusCode).toBe(204);
      expect(services.calls.map((one) => one.request)).toEqual([request]);
    },
  );

  it('of XML refuses a body of JSON', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'POST', url: '/api/NewOutgoingSession.xml', headers: asJson, payload: '{}' });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'application/xml']);
    expect(answer.body).toContain("Could not deserialize 'application/xml' request");
  });

  it.each(['/soap11', '/soap12', '/soap11/reply/GetSession', '/msgpack/reply/GetSession', '/x-protobuf/reply/GetSession'])(
    '%s is not there',
    async (url) => {
      const { send } = testApp();
      expect((await send({ method: 'POST', url, headers: asJson })).statusCode).toBe(404);
    },
  );
});
