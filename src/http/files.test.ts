import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { basic, fakeServices } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';
import { silentLogger } from '../kernel/log.ts';
import { disposition } from './file-content.ts';
import { startServer } from './server.ts';

function multipart(bytes: string, fields: Readonly<Record<string, string>> = {}) {
  const values = Object.entries(fields).map(
    ([name, value]) => `--BB\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `--BB\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n${bytes}\r\n--BB--\r\n`;
  return { headers: { 'content-type': 'multipart/form-data; boundary=BB' }, payload: values.join('') + file };
}

describe('uploading a file', () => {
  it('hands its bytes, name, type and the fields to the service', async () => {
    const { send, services } = testApp();
    // Larger than any other body may be.
    const bytes = 'RIFF'.repeat(5000);
    const form = multipart(bytes, { AccountId: 'account' });
    const answer = await send({ method: 'POST', url: '/files', ...form, headers: { ...form.headers, authorization: basic('customer') } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { id: 'file', fileName: 'a.wav', contentLength: bytes.length }]);
    expect(services.calls).toEqual([{ name: 'files.upload', userId: 'customer', request: { accountId: 'account' } }]);
    expect(services.uploads[0]).toMatchObject({ fileName: 'a.wav', contentType: 'audio/wav' });
    expect(services.uploads[0]?.bytes.toString()).toBe(bytes);
  });

  it('needs a file', async () => {
    const { send, services } = testApp();
    const answer = await send({ method: 'POST', url: '/files', headers: { 'content-type': 'application/json' }, payload: '{}' });
    expect([answer.statusCode, answer.json().responseStatus.errors[0].fieldName]).toEqual([400, 'File']);
    expect(services.calls).toEqual([]);
  });

  it('reads no byte of a file from somebody who may not send it', async () => {
    const { app, services } = testApp();
    const nobody = await app.inject({ method: 'POST', url: '/files', ...multipart('x') });
    expect(nobody.statusCode).toBe(401);
    const form = multipart('x');
    const user = await app.inject({ method: 'POST', url: '/files', ...form, headers: { ...form.headers, authorization: basic('user') } });
    expect(user.statusCode).toBe(403);
    expect(services.uploads).toEqual([]);
  });

  it.each([
    ['cut short', '--BB\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRI', 'BB'],
    ['without its boundary', 'nothing of the kind', 'BB'],
    ['with too many fields', `${'--BB\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'.repeat(200)}--BB--\r\n`, 'BB'],
  ])('refuses a body %s', async (_what, payload, boundary) => {
    const { send, services } = testApp();
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const answer = await send({ method: 'POST', url: '/files', headers, payload });
    expect([400, 413]).toContain(answer.statusCode);
    expect(answer.json().responseStatus.errors).toEqual([]);
    expect(services.uploads).toEqual([]);
  });

  it('refuses a multipart body without a boundary', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'POST', url: '/files', headers: { 'content-type': 'multipart/form-data' }, payload: 'x' });
    expect(answer.statusCode).toBe(400);
  });

  it('passes over no file that is larger than it would keep of another body', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'POST', url: '/flows', ...multipart('x'.repeat(1024 * 1024 + 1)) });
    expect(answer.statusCode).toBe(413);
  });
});

describe('the bytes of a file', () => {
  it('are sent as an attachment that no browser takes for a page', async () => {
    const { send } = testApp();
    const answer = await send({ method: 'GET', url: '/files/file/content' });
    expect([answer.statusCode, answer.body]).toEqual([200, 'RIFF']);
    expect(answer.headers).toMatchObject({
      'content-type': 'audio/wav',
      'content-length': '4',
      'content-disposition': "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%27a%27.wav",
      'x-content-type-options': 'nosniff',
    });
  });

  it('need a login, a role and access', async () => {
    const { app, send } = testApp();
    expect((await app.inject('/files/file/content')).statusCode).toBe(401);
    expect((await app.inject({ url: '/files/file/content', headers: { authorization: basic('user') } })).statusCode).toBe(403);
    const unknown = await send({ method: 'GET', url: '/files/other/content' });
    expect([unknown.statusCode, unknown.json().responseStatus.errorCode]).toEqual([404, 'NotFound']);
  });

  it.each(['GET', 'HEAD'] as const)('leave no stream open after a %s that ends early', async (method) => {
    const services = fakeServices();
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(64 * 1024));
      },
    });
    const content = { stream: endless, contentType: 'audio/wav', contentLength: 1e9 };
    Object.assign(services.files, { content: async () => content });
    const server = await startServer({ host: '127.0.0.1', port: 0, services, log: silentLogger });
    const closed = once(endless, 'close');
    const leave = new AbortController();
    const headers = { authorization: basic('manager') };
    const answer = await fetch(`${server.address}/files/file/content`, { method, headers, signal: leave.signal });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '1000000000']);
    leave.abort();
    await closed;
    await server.close();
  });

  it('have a name whatever characters are in it', () => {
    expect(disposition(undefined)).toBe('attachment');
    expect(disposition('\ud800"\r\n')).toBe("attachment; filename*=UTF-8''%EF%BF%BD%22%0D%0A");
  });
});
