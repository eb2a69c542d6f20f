import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { CALLEE, CALLER, CallLog, request } from '../support/sip-agents.ts';

const never = new AbortController().signal;
const invite = [
  'INVITE sip:1@10.0.0.1 SIP/2.0',
  'Via: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK1',
  'From: <sip:a@h>;tag=1\nTo: <sip:1@h>\nCall-ID: c\nCSeq: 1 INVITE',
  'Contact: <sip:a@10.0.0.2;transport=tcp>\nContent-Length: 0\n\n',
].join('\n');

/** A user agent that refuses every call, and a peer that says what the test wants, over TCP only. */
function scene() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const agent = new UserAgent({
    wires: [network.wire('tcp', CALLER)],
    clock,
    random: seededRandom(2),
    log: silentLogger,
    product: 'test',
    onInvite: (invite) => invite.reject(486),
  });
  const peer = new RawPeer(network.wire('tcp', CALLEE));
  return { clock, agent, peer, left: () => [clock.pendingTimers, agent.liveTransactions, agent.liveDialogs] };
}

describe('over TCP, which loses nothing, nothing is sent twice', () => {
  it('of requests that are never answered', async () => {
    const { clock, agent, peer, left } = scene();
    const call = new CallLog();
    agent.invite(request('tcp'), call);
    const options = { method: 'OPTIONS', to: { ...CALLEE, transport: 'tcp' }, requestUri: 'sip:a', from: 'sip:b', toUri: 'sip:a' } as const;
    const answer = agent.request(options, never);
    await clock.advance(31_999);
    expect(call.events).toEqual(['sent']);
    await clock.advance(1);
    expect(await answer).toBe(undefined);
    expect(call.events).toEqual(['sent', 'failed timeout']);
    expect(peer.names).toEqual(['INVITE', 'OPTIONS']);
    expect(left()).toEqual([0, 0, 0]);
  });

  it('of the ACK to a refusal', async () => {
    const { clock, agent, peer, left } = scene();
    agent.invite(request('tcp'), new CallLog());
    await clock.advance(1);
    peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'a' });
    await clock.advance(1);
    expect(peer.names).toEqual(['INVITE', 'ACK']);
    expect(left()).toEqual([0, 0, 0]);
  });

  it('of a refusal that is never acknowledged', async () => {
    const { clock, peer, left } = scene();
    peer.send(invite, CALLER);
    await clock.advance(31_999);
    expect(peer.names).toEqual(['100 INVITE', '486 INVITE']);
    expect(left()).toEqual([1, 1, 0]);
    await clock.advance(1);
    expect(left()).toEqual([0, 0, 0]);
  });
});

it('a call whose connection is gone when it is to ring is given up', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const told: string[] = [];
  const agent = new UserAgent({
    ...{ wires: [network.wire('tcp', CALLER)], clock, random: seededRandom(2), log: silentLogger, product: 'test' },
    onInvite: (invite) => {
      invite.onCancelled = () => told.push('gone');
      clock.after(1000, () => invite.ring());
    },
  });
  const wire = network.wire('tcp', CALLEE);
  new RawPeer(wire).send(invite, CALLER);
  await clock.advance(500);
  await wire.close();
  expect(told).toEqual([]);
  await clock.advance(501);
  expect(told).toEqual(['gone']);
  expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
});
