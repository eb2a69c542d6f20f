import { expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { CALLEE, CALLER, CallLog, request } from '../support/sip-agents.ts';

const OTHER = 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKother';

it.each([
  ['in two lines', (via: string) => `${via}\nVia: ${OTHER}`],
  ['in one line', (via: string) => `${via}, ${OTHER}`],
  ['in one line without a space', (via: string) => `${via},${OTHER}`],
])('a response with a second Via %s is for somebody else, and dropped', async (_how, viaOf) => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const parts = { clock, random: seededRandom(2), log: silentLogger, product: 'test' };
  const agent = new UserAgent({ ...parts, wires: [network.wire('udp', CALLER)] });
  const peer = new RawPeer(network.wire('udp', CALLEE));
  const call = new CallLog();
  agent.invite(request(), call);
  await clock.advance(1);
  const { headers } = peer.last('INVITE');
  const busyWith = (via: string): string =>
    [
      'SIP/2.0 486 Busy Here',
      `Via: ${via}`,
      `From: ${headers.first('From')}`,
      `To: ${headers.first('To')};tag=a`,
      `Call-ID: ${headers.first('Call-ID')}`,
      'CSeq: 1 INVITE',
      'Content-Length: 0\n\n',
    ].join('\n');
  const via = headers.first('Via') ?? '';
  peer.send(busyWith(viaOf(via)), CALLER);
  await clock.advance(1);
  expect(call.events).toEqual(['sent']);
  // A comma in quotes begins no second value.
  peer.send(busyWith(`${via};x="1,2"`), CALLER);
  await clock.advance(1);
  expect(call.events).toEqual(['sent', 'failed response']);
  await agent.close();
});
