import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent, type UserAgentOptions } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { settledMemory } from '../support/settled-memory.ts';
import { CALLEE, CALLER } from '../support/sip-agents.ts';

/** A request of about `length` bytes, nearly all of them in Via headers, which its response repeats. */
function fat(method: string, nth: number, length: number): Buffer {
  const via = (n: number) => `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-0123456789abcdef-${nth}.${n};x=${'y'.repeat(length / 2 - 170)}`;
  const lines = [via(1), via(2), `From: <sip:a@h>;tag=${nth}`, 'To: <sip:1@h>', `Call-ID: ${nth}`, `CSeq: 1 ${method}`];
  return Buffer.from([`${method} sip:1@10.0.0.2 SIP/2.0`, ...lines, 'Contact: <sip:a@10.0.0.1>', 'Content-Length: 0', '', ''].join('\r\n'));
}

function scene(options: Partial<UserAgentOptions> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const parts = { clock, random: seededRandom(2), log: silentLogger, product: 'test' };
  const agent = new UserAgent({ ...parts, wires: [network.wire('udp', CALLEE)], ...options });
  const peer = network.wire('udp', CALLER);
  const statuses: number[] = [];
  peer.onReceive((bytes) => statuses.push(Number(Buffer.from(bytes).toString('latin1', 8, 11))));
  const send = async (method: string, nth: number, length: number): Promise<number | undefined> => {
    await peer.send(fat(method, nth, length), CALLEE);
    await clock.advance(0);
    return statuses.at(-1);
  };
  return { clock, network, agent, statuses, send };
}

describe('what is kept of a request that is answered', () => {
  it.each(['OPTIONS', 'INVITE'])('is its response, and no second copy of its headers (%s)', async (method) => {
    const { agent, send } = scene({ onInvite: (invite) => invite.reject(486) });
    const COUNT = 400;
    const LENGTH = 15_000;
    for (let nth = 0; nth < 50; nth++) await send(method, nth, LENGTH);
    const before = await settledMemory();
    for (let nth = 50; nth < 50 + COUNT; nth++) await send(method, nth, LENGTH);
    const each = ((await settledMemory()) - before) / COUNT;
    expect(agent.liveTransactions).toBe(50 + COUNT);
    expect(each).toBeGreaterThan(LENGTH / 2);
    expect(each).toBeLessThan(LENGTH * 1.5);
    await agent.close();
  });
});

describe('requests', () => {
  it('of more bytes than are kept are refused with 503 without being kept, and taken again later', async () => {
    const { agent, clock, send } = scene({ maxServerBytes: 45_000 });
    const sent = [1, 2, 3, 4].map((nth) => send('OPTIONS', nth, 14_000));
    await Promise.all(sent);
    expect(await send('OPTIONS', 5, 14_000)).toBe(503);
    expect(agent.liveTransactions).toBe(3);
    expect(await send('OPTIONS', 6, 1000)).toBe(200);
    // What is known is answered as before.
    expect(await send('OPTIONS', 1, 14_000)).toBe(200);
    await clock.advance(32_001);
    expect(await send('OPTIONS', 7, 14_000)).toBe(200);
    expect(agent.liveTransactions).toBe(1);
    await clock.advance(32_001);
    expect([agent.liveTransactions, clock.pendingTimers]).toEqual([0, 0]);
    await agent.close();
  });
});
