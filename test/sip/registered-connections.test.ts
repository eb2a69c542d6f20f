import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openTls } from '../../src/wire/tls.ts';
import { TestAuthority } from '../support/certificates.ts';
import { streamRegistrar } from '../support/stream-registrar.ts';

const authority = new TestAuthority();
const identity = authority.issue('DNS:carrier.example');
const never = new AbortController().signal;
const HOUR = 3600;
const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => authority.remove());

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await turns(1);
}

/** A user agent on real sockets that connects to a registrar, which grants so many seconds. A test makes the time pass. */
async function scene(transport: 'tcp' | 'tls', seconds: number) {
  const clock = new VirtualClock();
  const isSecure = transport === 'tls';
  const registrar = await streamRegistrar(seconds, isSecure ? identity : undefined);
  const options = { local: { address: '127.0.0.1', port: 0 }, clock, log: silentLogger, pings: { random: seededRandom(2) } };
  const wire = isSecure ? await openTls({ ...options, ca: authority.ca }) : await openTcp(options);
  const agent = new UserAgent({ wires: [wire], clock, random: seededRandom(1), log: silentLogger, product: 'test' });
  opened.push(
    () => agent.close(),
    () => registrar.close(),
  );
  const account = { registrar: 'sip:carrier.example', address: 'sip:a@carrier.example', contactUser: 'a' };
  const lost: string[] = [];
  return {
    ...{ clock, registrar, wire, lost },
    line: (name: string, serverName = 'Carrier.example') => {
      const to = { address: '127.0.0.1', port: registrar.port, transport, ...(isSecure && { serverName }) };
      const client = agent.registration(account, () => lost.push(name));
      return { close: () => client.close(), register: (expires: number) => client.register(to, expires, never) };
    },
    async pass(forSeconds: number): Promise<void> {
      for (let second = 0; second < forSeconds; second += 60) {
        await clock.advance(60_000);
        await turns(2);
      }
    },
    /** Lets what is over run out. */
    async nothingLeft(): Promise<void> {
      await clock.advance(100_000);
      await until(() => wire.connections === 0);
      expect(clock.pendingTimers).toBe(0);
    },
  };
}

describe.each(['tcp', 'tls'] as const)('a registration over %s', (transport) => {
  it('for a day keeps its connection, and pings over it, for the day', async () => {
    const { registrar, line, lost, pass, nothingLeft } = await scene(transport, 24 * HOUR);
    const one = line('one');
    expect(await one.register(24 * HOUR)).toEqual({ registered: true, expiresMs: 86_400_000 });
    await pass(20 * HOUR);
    expect(registrar.pings).toBeGreaterThanOrEqual((20 * HOUR) / 121 - 5);
    expect(await registrar.ask(0)).toBe(200);
    expect([registrar.sockets.length, lost]).toEqual([1, []]);
    const sofar = registrar.pings;
    await pass(5 * HOUR);
    // The question was a message: for an hour after it the connection would be pinged anyway.
    expect(registrar.pings - sofar).toBeLessThanOrEqual((4 * HOUR) / 95 + 1);
    await nothingLeft();
  });

  it('is told when its connection is gone, once, and keeps the next one', async () => {
    const { registrar, wire, line, lost, pass, nothingLeft } = await scene(transport, 2 * HOUR);
    const one = line('one');
    await one.register(2 * HOUR);
    registrar.sockets[0]?.destroy();
    await until(() => lost.length > 0);
    await one.register(2 * HOUR);
    await pass(1.5 * HOUR);
    expect([registrar.registers, wire.connections, lost]).toEqual([['0 7200', '1 7200'], 1, ['one']]);
    registrar.sockets[1]?.destroy();
    await until(() => lost.length > 1);
    expect(lost).toEqual(['one', 'one']);
    await nothingLeft();
  });

  it('keeps it as long as one of several needs it, and all of them are told', async () => {
    const { registrar, wire, line, lost, pass, nothingLeft } = await scene(transport, 6 * HOUR);
    const [one, other, third] = [line('one'), line('other', 'carrier.example'), line('third')];
    for (const each of [one, other, third]) await each.register(6 * HOUR);
    await third.register(6 * HOUR);
    third.close();
    third.close();
    await pass(3 * HOUR);
    expect([registrar.sockets.length, wire.connections]).toEqual([1, 1]);
    registrar.sockets[0]?.destroy();
    await until(() => lost.length > 0);
    expect(lost).toEqual(['one', 'other']);
    await nothingLeft();
  });

  it('is ended over the connection that it had, which is idle then', async () => {
    const { registrar, wire, line, lost, pass, nothingLeft } = await scene(transport, 6 * HOUR);
    const one = line('one');
    await one.register(6 * HOUR);
    await pass(3 * HOUR);
    await one.register(0);
    expect(registrar.registers).toEqual(['0 21600', '0 0']);
    await pass(480);
    expect(wire.connections).toBe(1);
    await pass(180);
    await until(() => registrar.sockets[0]?.destroyed === true);
    expect(lost).toEqual([]);
    await nothingLeft();
  });
});
