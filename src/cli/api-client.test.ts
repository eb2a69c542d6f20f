import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { listeningPort } from '../../test/support/listening-port.ts';
import { NewFile } from '../contracts/files.ts';
import { GetFlow, NewFlow, PatchFlow } from '../contracts/flows.ts';
import { ListSessions } from '../contracts/sessions.ts';
import { ApiClient } from './api-client.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let closeServer = async (): Promise<void> => {};
afterEach(() => closeServer());

/** A server that answers every request alike and keeps what it was asked. */
async function answering(status: number, body: unknown, slash = '') {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: await readText(request) });
    response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  const port = await listeningPort(server);
  closeServer = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  const url = `http://127.0.0.1:${port}${slash}`;
  return { seen, url, api: new ApiClient({ url, user: 'ann@example.com', password: 'pässword' }) };
}

describe('the API client', () => {
  it('signs in with Basic and sends a JSON body', async () => {
    const { api, seen } = await answering(200, { id: 'f1', name: 'Welcome' }, '/');
    expect(await api.call(NewFlow, { name: 'Welcome' })).toEqual({ id: 'f1', name: 'Welcome' });
    expect(seen).toMatchObject([{ method: 'POST', url: '/flows', body: '{"name":"Welcome"}' }]);
    const { authorization, accept, 'content-type': type } = seen[0]?.headers ?? {};
    expect({ accept, type }).toEqual({ accept: 'application/json', type: 'application/json' });
    expect(Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString()).toBe('ann@example.com:pässword');
  });

  it('puts members into the path and the rest into the query or the body', async () => {
    const { api, seen } = await answering(200, { items: [] });
    await api.call(GetFlow, { flowId: 'a/b' });
    await api.call(PatchFlow, { flowId: 'x', name: 'New' });
    await api.call(ListSessions, { specificIds: ['s1', 's2'], simplifiedPaging: true });
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', '/flows/a%2Fb', ''],
      ['PATCH', '/flows/x', '{"name":"New"}'],
      ['GET', '/sessions?specificIds=s1%2Cs2&simplifiedPaging=true', ''],
    ]);
  });

  it('asks for the session of a call that it places', async () => {
    const { api, seen } = await answering(200, { id: 's1', ended: false });
    expect(await api.placeCall({ flowId: 'f', numberToDial: '+18144043093' })).toEqual({ id: 's1', ended: false });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/sessions/outgoing', headers: { prefer: 'return=representation' } });
  });

  it('uploads a file as a form', async () => {
    const { api, seen } = await answering(200, { id: 'file' });
    await api.call(NewFile, { accountId: 'acc' }, { name: 'beep.wav', bytes: new TextEncoder().encode('RIFF') });
    expect(seen[0]?.headers['content-type']).toContain('multipart/form-data');
    expect(seen[0]?.body).toContain('name="accountId"\r\n\r\nacc\r\n');
    expect(seen[0]?.body).toMatch(/name="file"; filename="beep\.wav"\r\n.*\r\n\r\nRIFF\r\n/);
  });

  it('turns a ResponseStatus into an error with its sentences', async () => {
    const { api } = await answering(400, {
      responseStatus: {
        errorCode: 'ValidationException',
        message: 'The flow cannot be saved.',
        errors: [
          { errorCode: 'NotEmpty', fieldName: 'Name', message: 'Give the flow a name.' },
          { errorCode: 'ValidationException', fieldName: 'Nodes', message: 'The flow cannot be saved.' },
        ],
      },
    });
    await expect(api.call(NewFlow, {})).rejects.toMatchObject({
      status: 400,
      errorCode: 'ValidationException',
      message: 'The flow cannot be saved.\nName: Give the flow a name.',
    });
  });

  it('says the status when there is no ResponseStatus', async () => {
    const { api } = await answering(502, '<html>');
    await expect(api.call(NewFlow, {})).rejects.toMatchObject({ status: 502, message: 'The API answered 502 Bad Gateway.' });
  });

  it.each([
    ['a text', 'hello'],
    ['another form', { items: 5 }],
  ])('does not take %s for an answer', async (_what, body) => {
    const { api } = await answering(200, body);
    await expect(api.call(ListSessions, {})).rejects.toThrow('The API gave an answer that this program does not understand.');
  });

  it('says what to check when nobody listens', async () => {
    const { api, url } = await answering(200, {});
    await closeServer();
    closeServer = async () => {};
    await expect(api.call(NewFlow, {})).rejects.toThrow(`${url} does not answer`);
  });
});
