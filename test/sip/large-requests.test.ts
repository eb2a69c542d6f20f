import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, callerOn, request } from '../support/sip-agents.ts';

it('an ACK that is too large for UDP goes there all the same when the call is over UDP: it has no answer that would show that TCP is refused', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1), { connectMs: 4000 });
  const agent = callerOn(network, clock);
  const peer = new RawPeer(network.wire('udp', CALLEE));
  const call = new CallLog();
  agent.invite(request(), call);
  await clock.advance(1);
  const route = ['Record-Route', `<sip:10.0.0.2;lr;state=${'x'.repeat(1300)}>`] as const;
  const contact = ['Contact', '<sip:bob@10.0.0.2:5060>'] as const;
  peer.reply(peer.last('INVITE'), 200, CALLER, { tag: 'a', headers: [route, contact], sdp: ANSWER });
  await clock.advance(1);
  expect(peer.names).toEqual(['INVITE', 'ACK']);
  expect(peer.last('ACK').headers.first('Via')).toMatch(/^SIP\/2\.0\/UDP /);
  await agent.close();
});

describe('an INVITE that went over UDP since TCP, where it went for its size, is refused', () => {
  async function scene() {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock, seededRandom(1), { connectMs: 10 });
    const agent = callerOn(network, clock);
    const peer = new RawPeer(network.wire('udp', CALLEE));
    const call = new CallLog();
    const route = ['Route', `<sip:10.0.0.2;lr;state=${'x'.repeat(1300)}>`] as const;
    const invite = agent.invite(request('udp', { headers: [route] }), call);
    await clock.advance(11);
    expect(peer.names).toEqual(['INVITE']);
    const left = async (): Promise<readonly number[]> => {
      await clock.advance(100_000);
      const counts = [clock.pendingTimers, agent.liveTransactions, agent.liveDialogs];
      await agent.close();
      return counts;
    };
    return { clock, peer, call, invite, left };
  }

  it('may ring for longer than a request waits: the time of its TCP is over', async () => {
    const { clock, peer, call, invite, left } = await scene();
    peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'a' });
    await clock.advance(60_000);
    expect(call.events).toEqual(['sent', '180']);
    invite.cancel();
    expect(await left()).toEqual([0, 0, 0]);
  });

  it('is cancelled over UDP at once, however large the CANCEL is', async () => {
    const { clock, peer, invite, left } = await scene();
    peer.reply(peer.last('INVITE'), 180, CALLER, { tag: 'a' });
    await clock.advance(1);
    invite.cancel();
    await clock.advance(1);
    expect(peer.names).toEqual(['INVITE', 'CANCEL']);
    expect(peer.last('CANCEL').headers.first('Via')).toMatch(/^SIP\/2\.0\/UDP /);
    expect(await left()).toEqual([0, 0, 0]);
  });

  it('has its refusal acknowledged over UDP, however large the ACK is', async () => {
    const { clock, peer, left } = await scene();
    peer.reply(peer.last('INVITE'), 486, CALLER, { tag: 'a' });
    await clock.advance(1);
    expect(peer.names).toEqual(['INVITE', 'ACK']);
    expect(peer.last('ACK').headers.first('Via')).toBe(peer.last('INVITE').headers.first('Via'));
    expect(await left()).toEqual([0, 0, 0]);
  });
});
