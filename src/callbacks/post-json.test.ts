import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type CallbackReceiver, callbackReceiver } from '../../test/support/callback-receiver.ts';
import { listeningPort } from '../../test/support/listening-port.ts';
import { systemClock } from '../kernel/clock.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { CallbackRefused } from './callback-url.ts';
import { jsonPoster } from './post-json.ts';
import { addressCheck } from './public-address.ts';
import type { ResolveName } from './resolve-name.ts';

const never = new AbortController().signal;
const development = addressCheck(['127.0.0.0/8']);
const body = JSON.stringify({ event: 'Ringing' });

const here: ResolveName = async () => [{ address: '127.0.0.1', family: 4 }];
const receivers: CallbackReceiver[] = [];
let tcp = createServer();
afterEach(async () => {
  tcp.close();
  tcp = createServer();
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receiver(answer?: (response: ServerResponse, nth: number) => void): Promise<CallbackReceiver> {
  const opened = await callbackReceiver(answer);
  receivers.push(opened);
  return opened;
}

function poster(resolve: ResolveName = here, mayReach = development, clock: VirtualClock | typeof systemClock = systemClock) {
  const post = jsonPoster({ mayReach, resolve, clock });
  return (url: string, signal = never) => post({ url: new URL(url), body, headers: { 'user-agent': 'Test/1' } }, signal);
}

describe('jsonPoster', () => {
  it('posts JSON under the name of the receiver, and answers the status', async () => {
    const { port, received } = await receiver();
    expect(await poster()(`http://user:pass@hooks.example.com:${port}/calls?key=1`)).toBe(204);
    expect(received).toMatchObject([{ method: 'POST', url: '/calls?key=1', body: { event: 'Ringing' } }]);
    expect(received[0]?.headers).toMatchObject({
      host: `hooks.example.com:${port}`,
      'content-type': 'application/json',
      'user-agent': 'Test/1',
      authorization: `Basic ${Buffer.from('user:pass').toString('base64')}`,
    });
  });

  it('goes to the addresses that were checked: a name that changes afterwards gets nowhere', async () => {
    const { port, received } = await receiver();
    let asked = 0;
    const rebinding: ResolveName = async () => [{ address: ++asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    expect(await poster(rebinding)(`http://hooks.example.com:${port}/`)).toBe(204);
    expect(asked).toBe(1);
    expect(received).toHaveLength(1);
  });

  it('sends nothing to an address that is not allowed', async () => {
    const { port, received } = await receiver();
    await expect(poster(here, addressCheck())(`http://hooks.example.com:${port}/`)).rejects.toThrow(CallbackRefused);
    await expect(poster(here, addressCheck())(`http://127.0.0.1:${port}/`)).rejects.toThrow(CallbackRefused);
    expect(received).toEqual([]);
  });

  it('tries the other addresses of a name when nothing listens at the first', async () => {
    const { port } = await receiver();
    const both: ResolveName = async () => [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    expect(await poster(both, addressCheck(['::1/128', '127.0.0.0/8']))(`http://hooks.example.com:${port}/`)).toBe(204);
  });

  it('follows no redirect', async () => {
    const target = await receiver();
    const { port } = await receiver((response) => response.writeHead(307, { location: `http://127.0.0.1:${target.port}/` }).end());
    expect(await poster()(`http://127.0.0.1:${port}/`)).toBe(307);
    expect(target.received).toEqual([]);
  });

  it('reads no more of an answer than 64 KiB, and leaves no connection', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const endless = await receiver((response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      response.writeHead(200);
      more();
    });
    expect(await poster()(`http://127.0.0.1:${endless.port}/`)).toBe(200);
    await expect.poll(() => endless.openSockets).toBe(0);
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  it('fails when nobody listens, and when the connection ends without an answer', async () => {
    const { port } = await receiver((response) => response.destroy());
    await expect(poster()(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    const freePort = await listeningPort(tcp);
    await new Promise((resolve) => tcp.close(resolve));
    await expect(poster()(`http://127.0.0.1:${freePort}/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('asks for TLS under the name of the receiver, and tells nothing before it has it', async () => {
    const hello = new Promise<string>((resolve) => {
      tcp = createServer((socket) => {
        socket.once('data', (bytes) => {
          resolve(bytes.toString('latin1'));
          socket.destroy();
        });
      });
    });
    const port = await listeningPort(tcp);
    await expect(poster()(`https://hooks.example.com:${port}/calls`)).rejects.toThrow();
    expect(await hello).toContain('hooks.example.com');
    expect(await hello).not.toMatch(/POST|calls/);
  });

  it.each([
    ['a receiver that never answers', async (): Promise<string> => `http://127.0.0.1:${(await receiver(() => {})).port}/`, here],
    [
      'a name service that never answers',
      async (): Promise<string> => 'http://hooks.example.com/',
      (): Promise<never> => new Promise(() => {}),
    ],
  ] as const)('gives up after 5 s: %s', async (_what, urlOf, resolve) => {
    const clock = new VirtualClock();
    const outcome = poster(resolve, development, clock)(await urlOf()).catch((error: unknown) => String(error));
    await receivers[0]?.seen(1);
    await clock.advance(4999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(await outcome).toContain('5000 ms');
    expect(clock.pendingTimers).toBe(0);
    await expect.poll(() => receivers[0]?.openSockets ?? 0).toBe(0);
  });

  it('counts a status that has come, even if the answer never ends', async () => {
    const clock = new VirtualClock();
    const { port } = await receiver((response) => response.writeHead(200).write('...'));
    let status: number | undefined;
    const sent = poster(
      here,
      development,
      clock,
    )(`http://127.0.0.1:${port}/`).then((answered) => {
      status = answered;
    });
    await receivers[0]?.seen(1);
    // The head of the answer needs a moment on its way.
    for (let turns = 0; turns < 50; turns++) await clock.advance(1);
    expect(status).toBeUndefined();
    await clock.advance(5000);
    await sent;
    expect(status).toBe(200);
  });

  it('ends at once when it is told to', async () => {
    const stop = new AbortController();
    const { port, seen } = await receiver(() => {});
    const outcome = poster()(`http://127.0.0.1:${port}/`, stop.signal).catch((error: unknown) => String(error));
    await seen(1);
    stop.abort(new Error('enough'));
    expect(await outcome).toContain('enough');
    await expect(poster()(`http://127.0.0.1:${port}/`, stop.signal)).rejects.toThrow('enough');
    await expect.poll(() => receivers[0]?.openSockets).toBe(0);
  });
});
