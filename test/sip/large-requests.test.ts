import { expect, it } from 'vitest';
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
