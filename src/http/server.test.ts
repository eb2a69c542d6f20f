import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { basic, fakeServices } from '../../test/support/fake-services.ts';
import { errorCatalogue } from '../kernel/errors.ts';
import { silentLogger } from '../kernel/log.ts';
import { type HttpServer, startServer } from './server.ts';

const running: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(closeGraceMs = 5000) {
  const services = fakeServices();
  const server = await startServer({ host: '127.0.0.1', port: 0, services, log: silentLogger, closeGraceMs });
  running.push(server);
  return { server, services };
}

/** Sends bytes and gives what comes back until the server closes the connection. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.on('data', (part) => {
      received += part.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

describe('the server', () => {
  it('says where it listens and answers there', async () => {
    const { server } = await start();
    expect(server.address).toBe(`http://127.0.0.1:${server.port}`);
    const answer = await fetch(`${server.address}/health`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('sends the reason phrases, challenges and cookies of the contract over the wire', async () => {
    const { server, services } = await start();
    const allowed = await fetch(`${server.address}/sessions`, { headers: { authorization: basic('customer') } });
    expect(allowed.status).toBe(200);
    const head = 'Host: x\r\nConnection: close\r\n';
    const forbidden = await exchange(
      server.port,
      `POST /sessions/outgoing HTTP/1.1\r\n${head}Authorization: ${basic('customer')}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(forbidden).toMatch(/^HTTP\/1\.1 403 Invalid Role\r\n/);
    const nobody = await exchange(server.port, `GET /sessions HTTP/1.1\r\n${head}\r\n`);
    expect(nobody).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(nobody).toMatch(/www-authenticate: Basic realm="\/auth\/basic"\r\nwww-authenticate: credentials realm="\/auth\/credentials"/);
    expect(services.sources).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  it('keeps a 204 free of body and type', async () => {
    const { server } = await start();
    const body = '{"flowId":"flow","numberToDial":"+18144043093"}';
    const answer = await exchange(
      server.port,
      `POST /sessions/outgoing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${basic('manager')}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(answer).toMatch(/\r\nlocation: \/sessions\/session-1\r\n/);
    expect(answer).not.toMatch(/\r\ncontent-type:/i);
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it('reads a body that comes in chunks', async () => {
    const { server, services } = await start();
    const chunks = ['{"flowId":"fl', 'ow","numberToDial":"+1"}'].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
    await exchange(
      server.port,
      `POST /sessions/outgoing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${basic('manager')}\r\n` +
        `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    );
    expect(services.calls[0]?.request).toEqual({ flowId: 'flow', numberToDial: '+1' });
  });

  it('refuses a body of more than 1 MiB by its length, before it comes', async () => {
    const { server } = await start();
    const answer = await exchange(
      server.port,
      'POST /sessions/outgoing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('RequestTooLarge');
  });

  it.each([
    ['bytes that are no HTTP', '\u0000\u0001\u0002 hello\r\n\r\n', 'NO_HTTP'],
    ['headers that are too large', `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 'HEADERS_TOO_LARGE'],
    ['two lengths', 'POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 'NO_HTTP'],
  ] as const)('answers %s and closes', async (_what, bytes, code) => {
    const { status, errorCode, message } = errorCatalogue[code];
    const { server } = await start();
    const answer = await exchange(server.port, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(`{"responseStatus":${JSON.stringify({ errorCode, message, errors: [] })}}`);
    expect((await fetch(`${server.address}/health`)).status).toBe(200);
  });

  it('survives a client that goes away in the middle of its body', async () => {
    const { server, services } = await start();
    const socket = await opened(server.port);
    socket.write('POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    socket.destroy();
    await pause(20);
    expect((await fetch(`${server.address}/health`)).status).toBe(200);
    expect(services.sources).toEqual([]);
  });
});

describe('closing', () => {
  it('closes idle keep-alive connections at once and takes no new ones', async () => {
    const { server } = await start();
    const socket = await opened(server.port);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const answered = new Promise((resolve) => socket.once('data', resolve));
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await answered;
    await Promise.all([server.close(), closed]);
    await expect(opened(server.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('closes connections that never sent a byte at once', async () => {
    const { server } = await start(60_000);
    const socket = await opened(server.port);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    // The server has seen the connection when it has answered a later one.
    await fetch(`${server.address}/health`);
    await Promise.all([server.close(), closed]);
  });

  it('lets an answer under way be sent', async () => {
    const { server, services } = await start();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const get = services.sessions.get.bind(services.sessions);
    const reached = new Promise<void>((resolve) => {
      Object.assign(services.sessions, {
        async get(...given: Parameters<typeof get>) {
          resolve();
          await held;
          return get(...given);
        },
      });
    });
    const answer = fetch(`${server.address}/sessions/s`, { headers: { authorization: basic('manager') } });
    await reached;
    const closing = server.close();
    release();
    expect((await answer).status).toBe(200);
    await closing;
  });

  it('does not wait for ever for a connection that never finishes its request', async () => {
    const { server } = await start(50);
    const socket = await opened(server.port);
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write('POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    await pause(20);
    await server.close();
    await closed;
  });

  it('may be asked for twice', async () => {
    const { server } = await start();
    await Promise.all([server.close(), server.close()]);
    await server.close();
  });
});

it('an address that is taken is an error', async () => {
  const { server } = await start();
  const options = { host: '127.0.0.1', port: server.port, services: fakeServices(), log: silentLogger };
  await expect(startServer(options)).rejects.toThrow(/RINGFLOW_HTTP_PORT .* another program uses it/);
});
