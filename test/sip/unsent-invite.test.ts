import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { CALLEE, CALLER, CallLog, callerOn, request } from '../support/sip-agents.ts';

const CONNECT_MS = 3000;
const tooLargeForUdp = [['Subject', 'x'.repeat(1300)]] as const;

/** A peer whose TCP takes three seconds to be there, or to be refused when it has none. */
function scene(peerHasTcp: boolean) {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const startMs = clock.now();
  const network = new MemoryNetwork(clock, seededRandom(1), {
    connectMs: CONNECT_MS,
    filter: (_bytes, _from, { address }) => {
      seen.push(`${clock.now() - startMs} ${address}`);
      return 'pass';
    },
  });
  const agent = callerOn(network, clock);
  const peer = peerHasTcp ? new RawPeer(network.wire('tcp', CALLEE)) : undefined;
  return { clock, agent, peer, seen, call: new CallLog(), left: () => [clock.pendingTimers, agent.liveTransactions] };
}

describe('an INVITE that is given up before it has left', () => {
  it('does not leave when the connection is there at last', async () => {
    const { clock, agent, peer, call, left } = scene(true);
    const invite = agent.invite(request('tcp'), call);
    await clock.advance(1000);
    invite.cancel();
    expect(call.events).toEqual(['sent', 'failed cancelled']);
    await clock.advance(CONNECT_MS);
    expect(peer?.names).toEqual([]);
    expect(left()).toEqual([0, 0]);
    expect(call.events).toEqual(['sent', 'failed cancelled']);
  });

  it('does not leave over UDP when TCP, where it went for its size, is refused', async () => {
    const { clock, agent, seen, call, left } = scene(false);
    const invite = agent.invite(request('udp', { headers: tooLargeForUdp }), call);
    await clock.advance(1000);
    invite.cancel();
    await clock.advance(CONNECT_MS);
    expect(seen).toEqual([]);
    expect(left()).toEqual([0, 0]);
    expect(call.events).toEqual(['sent', 'failed cancelled']);
  });

  it('is cancelled by CANCEL when it left in the very moment', async () => {
    const { clock, agent, peer, call, left } = scene(true);
    agent.invite(request('tcp'), new CallLog());
    await clock.advance(CONNECT_MS);
    agent.invite(request('tcp'), call).cancel();
    await clock.advance(1);
    expect(peer?.names).toEqual(['INVITE', 'INVITE']);
    peer?.reply(peer.last('INVITE'), 180, CALLER);
    await clock.advance(1);
    expect(peer?.names).toEqual(['INVITE', 'INVITE', 'CANCEL']);
    await clock.advance(100_000);
    expect(left()).toEqual([0, 0]);
  });
});
