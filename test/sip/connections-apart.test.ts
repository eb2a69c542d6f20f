import { expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { CALLEE, CALLER, CallLog, callerOn, request } from '../support/sip-agents.ts';

it('a connection that breaks is that of one peer: a request to another at the same address goes on', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1), { breaks: (_bytes, _from, { port }) => port === 5070 });
  const agent = callerOn(network, clock);
  const [one, other] = [CALLEE, { ...CALLEE, port: 5070 }].map((at) => ({ at, peer: new RawPeer(network.wire('tcp', at)) }));
  if (!one || !other) throw new Error('unreachable');
  const settled: string[] = [];
  for (const { at } of [one, other]) {
    const options = { method: 'OPTIONS', to: { ...at, transport: 'tcp' }, requestUri: 'sip:a', from: 'sip:b', toUri: 'sip:a' } as const;
    void agent.request(options, new AbortController().signal).then((response) => settled.push(`${at.port} ${response?.status}`));
    await clock.advance(100);
  }
  await clock.advance(1000);
  expect([settled, one.peer.names]).toEqual([['5070 undefined'], ['OPTIONS']]);
  one.peer.reply(one.peer.last('OPTIONS'), 200, CALLER);
  await clock.advance(100);
  expect(settled).toEqual(['5070 undefined', '5060 200']);
  await agent.close();
});

it('an ACK to a refusal that cannot be sent is nothing more than lost', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const wire = network.wire('tcp', CALLEE);
  const peer = new RawPeer(wire);
  const agent = callerOn(network, clock);
  const call = new CallLog();
  agent.invite(request('tcp'), call);
  await clock.advance(100);
  peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'b' });
  await wire.close();
  await clock.advance(100);
  expect(call.failure).toMatchObject({ why: 'response', status: 486 });
  await clock.advance(100_000);
  expect([clock.pendingTimers, agent.liveTransactions]).toEqual([0, 0]);
  await agent.close();
});
