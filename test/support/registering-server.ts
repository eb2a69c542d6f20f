import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { type OpenTelephony, openTelephony } from '../../src/telephony/open-telephony.ts';
import type { SipUsers } from '../../src/telephony/sip-users.ts';
import { dnsTable } from './dns-table.ts';
import { REALM } from './sip-user-table.ts';

/** A server on real sockets, at which phones register, and whose time a test makes pass. */
export function registeringServer(clock: VirtualClock, users: SipUsers, firstRtpPort: number): Promise<OpenTelephony> {
  return openTelephony({
    sip: { addresses: ['127.0.0.1'], port: 0 },
    tls: { port: 0, requireClientCertificate: false, certificate: undefined, key: undefined, ca: undefined },
    publicAddresses: [],
    rtpPorts: { first: firstRtpPort, last: firstRtpPort + 99 },
    mediaThreads: 1,
    dns: dnsTable({}),
    product: 'test',
    users,
    limits: { perSecond: 0, knownPerSecond: 0, connections: 0, knownConnections: 0 },
    isKnownSource: () => false,
    digest: { realm: REALM, algorithms: ['MD5'] },
    refusals: { count: () => {}, forget: () => {} },
    onIncoming: (call) => call.reject(480),
    clock,
    random: seededRandom(4),
    log: silentLogger,
  });
}
