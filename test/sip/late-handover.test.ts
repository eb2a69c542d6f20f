import { expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Wire } from '../../src/wire/wire.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request } from '../support/sip-agents.ts';

const OTHER = { address: '10.0.0.3', port: 5060 };

/** A wire that says that it has sent something so long after that has arrived. */
function slowToTell(wire: Wire, clock: VirtualClock, afterMs: number): Wire {
  const { kind, local } = wire;
  return {
    kind,
    local,
    send: async (bytes, to, signal) => {
      await wire.send(bytes, to, signal);
      await new Promise<void>((resolve) => void clock.after(afterMs, resolve));
    },
    onReceive: (handler) => wire.onReceive(handler),
    close: () => wire.close(),
  };
}

it('a hop that answers before the system says that the INVITE has left is not taken for a silent one', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const wires = [slowToTell(network.wire('udp', CALLER), clock, 50)];
  const agent = new UserAgent({ wires, clock, random: seededRandom(2), log: silentLogger, product: 'test' });
  const first = new RawPeer(network.wire('udp', CALLEE));
  const other = new RawPeer(network.wire('udp', OTHER));
  const call = new CallLog();
  agent.invite(request('udp', { otherwise: [{ ...OTHER, transport: 'udp' }] }), call);
  await clock.advance(1);
  const invite = first.last('INVITE');
  first.reply(invite, 100, CALLER);
  await clock.advance(6000);
  first.reply(invite, 180, CALLER, { tag: 'a' });
  await clock.advance(60_000);
  first.reply(invite, 200, CALLER, { tag: 'a', sdp: ANSWER });
  await clock.advance(1);
  expect(call.events).toEqual(['sent', '100', '180', 'answered']);
  expect(other.received).toEqual([]);
  await agent.close();
});
