import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { RawPeer, type RawReply } from './raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, callerOn } from './sip-agents.ts';

export const CONTACT = ['Contact', '<sip:bob@10.0.0.2:5060>'] as const;
/** The answer of the peer. */
export const ok: RawReply = { tag: 'a', headers: [CONTACT], sdp: ANSWER };

/** One user agent against a peer that says what the test wants, over UDP and TCP. */
export function calledPeer(calleeAddress = CALLEE) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const agent = callerOn(network, clock);
  const peer = new RawPeer(network.wire('udp', calleeAddress));
  const call = new CallLog();
  return {
    clock,
    network,
    agent,
    peer,
    call,
    reply: (method: string, status: number, reply?: RawReply) => peer.reply(peer.last(method), status, CALLER, reply),
    /** Lets messages arrive. */
    turn: () => clock.advance(1),
    leftovers: async () => {
      await clock.advance(100_000);
      return [clock.pendingTimers, agent.liveTransactions, agent.liveDialogs];
    },
  };
}
