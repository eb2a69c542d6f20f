import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { UserAgent, type UserAgentOptions } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { RawPeer } from './raw-peer.ts';
import { ANSWER } from './sip-agents.ts';

export const AGENT: Endpoint = { address: '10.0.0.1', port: 5060 };
export const PEER: Endpoint = { address: '10.0.0.2', port: 5062 };

/** A user agent that answers calls at once, and a peer that says what the test wants. */
export function askingPeer(options: Partial<UserAgentOptions> = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const dialogs: Dialog[] = [];
  const agent = new UserAgent({
    wires: [network.wire('udp', AGENT)],
    clock,
    random: seededRandom(2),
    log: silentLogger,
    product: 'test',
    onInvite: (invite) => {
      void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog));
    },
    ...options,
  });
  const peer = new RawPeer(network.wire('udp', PEER));
  let branch = 0;
  return {
    clock,
    agent,
    peer,
    dialogs,
    network,
    /** Sends a request and answers the responses to it that came within a millisecond. */
    ask: async (method: string, more: Partial<Ask> = {}): Promise<SipResponse[]> => {
      const before = peer.received.length;
      peer.send(requestText(method, { branch: `z9hG4bK${++branch}`, ...more }), AGENT);
      await clock.advance(1);
      return peer.received.slice(before).filter((message) => message.kind === 'response');
    },
    leftovers: async () => {
      await clock.advance(100_000);
      return [clock.pendingTimers, agent.liveTransactions, agent.liveDialogs];
    },
  };
}

export interface Ask {
  readonly branch: string;
  readonly cSeq: number;
  readonly toTag: string;
  readonly via: string;
  readonly lines: readonly string[];
  readonly sdp: string;
  readonly type: string;
}

/** A request of the peer. */
export function requestText(method: string, ask: Partial<Ask>): string {
  const head = [
    `${method} sip:us@10.0.0.1 SIP/2.0`,
    ask.via ?? `Via: SIP/2.0/UDP 10.0.0.2:5062;branch=${ask.branch};rport`,
    'From: <sip:them@10.0.0.2>;tag=theirs',
    `To: <sip:us@10.0.0.1>${ask.toTag === undefined ? '' : `;tag=${ask.toTag}`}`,
    'Call-ID: call',
    `CSeq: ${ask.cSeq ?? 1} ${method}`,
    'Contact: <sip:them@10.0.0.2:5062>',
    ...(ask.lines ?? ['Max-Forwards: 70']),
    ...(ask.sdp === undefined ? [] : [`Content-Type: ${ask.type ?? 'application/sdp'}`]),
  ];
  return `${head.join('\n')}\n\n${ask.sdp ?? ''}`;
}

export const statuses = (responses: readonly SipResponse[]): number[] => responses.map((response) => response.status);
/** The To tag of a response. */
export const tagIn = (response: SipResponse | undefined): string => /tag=(\w+)/.exec(response?.headers.first('To') ?? '')?.[1] ?? '';
