import type { TrunkTarget } from '../../src/directory/trunk-targets.ts';
import type { Trunk } from '../../src/directory/trunks.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import type { MemoryNetwork } from '../../src/wire/memory-network.ts';

/** A host of a carrier, of which a test says what becomes of each INVITE. */
export function carrier(
  { clock, network }: { clock: VirtualClock; network: MemoryNetwork },
  address: string,
  onInvite: (invite: IncomingInvite) => void,
) {
  const invites: IncomingInvite[] = [];
  const agent = new UserAgent({
    wires: [network.wire('udp', { address, port: 5060 })],
    clock,
    random: seededRandom(Number(address.split(/[.:]/).at(-1))),
    log: silentLogger,
    product: 'carrier',
    onInvite: (invite) => {
      invites.push(invite);
      onInvite(invite);
    },
  });
  return { invites, close: () => agent.close() };
}

export function targetAt(host: string, more: Partial<TrunkTarget> = {}): TrunkTarget {
  return { host, port: 5060, transport: 'udp', priority: 0, weight: 1, ...more };
}

/** A trunk to one host without anything special. */
export function plainTrunk(host: string, more: Partial<Trunk> = {}): Trunk {
  return {
    trunkId: 'trunk-1',
    accountId: 'account-1',
    name: 'Carrier',
    targets: [targetAt(host)],
    prefixes: [],
    priority: 0,
    maxChannels: 10,
    callsPerSecond: 50,
    ringTimeoutMs: 60_000,
    srtp: 'off',
    identity: 'none',
    callerSource: 'asserted',
    namesDiversion: false,
    isCallerAnonymous: false,
    sipHeaders: {},
    inbandDigits: 'fallback',
    rtpSource: 'latch',
    ...more,
  };
}
