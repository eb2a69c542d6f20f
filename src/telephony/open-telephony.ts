import { availableParallelism } from 'node:os';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import { ConnectionLimit, type ConnectionLimitOptions } from '../wire/connection-limit.ts';
import type { Dns } from '../wire/dns.ts';
import { type ByFamily, byFamily } from '../wire/ip-address.ts';
import { SourceLimit, type SourceLimitOptions } from '../wire/source-limit.ts';
import { openTcp } from '../wire/tcp.ts';
import { openTls, type TlsWire } from '../wire/tls.ts';
import { openUdp } from '../wire/udp.ts';
import type { Endpoint, Wire } from '../wire/wire.ts';
import { Engine } from './engine.ts';
import { openMediaWorkers } from './media/worker-client.ts';
import { PhoneConnections } from './phone-connections.ts';
import type { IncomingCall } from './port.ts';
import { passwordWatch, type Refusals } from './refusals.ts';
import { Registrar } from './registrar.ts';
import type { DigestGuardOptions } from './sip/digest-guard.ts';
import { writeHostPort } from './sip/host-port.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import type { ReceivedRequest } from './sip/transaction-layer.ts';
import { UserAgent } from './sip/user-agent.ts';
import type { SipUsers } from './sip-users.ts';
import { readTlsFiles, type TlsFiles, type TlsMaterial } from './tls-files.ts';
import { TlsRenewal } from './tls-renewal.ts';
import { UserCheck } from './user-check.ts';

export interface TelephonyOptions {
  /** Where SIP listens, UDP and TCP: one address, or one of each family; port 0 for a free one. RTP is bound to the same addresses. */
  readonly sip: { readonly addresses: readonly [string, ...string[]]; readonly port: number };
  /** The port of SIP over TLS, and paths of PEM files. It listens when there is a certificate. */
  readonly tls: TlsFiles & { readonly port: number; readonly requireClientCertificate: boolean };
  /** The addresses under which peers reach us, where they are not those on which SIP listens; at most one of each family. */
  readonly publicAddresses: readonly string[];
  readonly rtpPorts: { readonly first: number; readonly last: number };
  /** How many threads carry audio; undefined: one per core but one, which is left to signalling, flows and the database. */
  readonly mediaThreads: number | undefined;
  /** Where the servers of names are asked for. */
  readonly dns: Dns;
  readonly product: string;
  /** Whose phones may register. */
  readonly users: SipUsers;
  /** What one address may send, messages per second, and the connections that it may have open; 0 for no limit. */
  readonly limits: Pick<SourceLimitOptions, 'perSecond' | 'knownPerSecond'> &
    Pick<ConnectionLimitOptions, 'connections' | 'knownConnections'>;
  /** Whether an address is one of a trunk. */
  readonly isKnownSource: (address: string) => boolean;
  /** How their phones prove their passwords. */
  readonly digest: Pick<DigestGuardOptions, 'realm' | 'algorithms'>;
  /** Counts who shows no right password, and what is dropped because its source sends too much. */
  readonly refusals: Pick<Refusals, 'count' | 'forget'>;
  /** Takes incoming calls. It must not throw. */
  readonly onIncoming: (call: IncomingCall) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface OpenTelephony {
  readonly telephony: Engine;
  /** Where SIP listens, over UDP and TCP. */
  readonly sip: readonly Endpoint[];
  /** Follows the PEM files; whoever opened it closes it. */
  readonly certificates: TlsRenewal;
}

/**
 * Opens the SIP ports and starts the media threads.
 * @throws AppError BAD_SETTING when a port is in use, an address is not one of this machine, or a PEM file is no good
 */
export async function openTelephony(options: TelephonyOptions): Promise<OpenTelephony> {
  const { dns, clock, random, log, rtpPorts, product, users, digest, refusals, onIncoming } = options;
  const limit = new SourceLimit({
    clock,
    ...options.limits,
    isKnown: options.isKnownSource,
    onRefused: (address) => refusals.count('flood', address),
  });
  const connectionLimit = new ConnectionLimit({
    ...options.limits,
    isKnown: (address) => limit.isKnown(address),
    onRefused: (address) => refusals.count('too-many-connections', address),
  });
  const { wires, secure, material } = await openWires(options, { admits: (address) => limit.admits(address), connectionLimit });
  try {
    const count = options.mediaThreads ?? Math.max(1, availableParallelism() - 1);
    const [host, otherHost] = options.sip.addresses;
    const media = await openMediaWorkers({ count, host, otherHost, portRange: rtpPorts, log });
    const publicAddresses: ByFamily = { ...byFamily(options.sip.addresses), ...byFamily(options.publicAddresses) };
    const onInvite = (invite: IncomingInvite): void => telephony.invited(invite);
    const userCheck = new UserCheck(users, { ...digest, clock, random });
    const connections = new PhoneConnections({ wires, users, log });
    const registrar = new Registrar({ users, check: userCheck, connections, ...passwordWatch(refusals, 'register-'), clock, log });
    const onRegister = (received: ReceivedRequest): void => registrar.take(received);
    const onReplace = (invite: IncomingInvite, replaced: unknown): void => telephony.replaced(invite, replaced);
    const onRequestTo = (address: string): void => limit.spokeTo(address);
    const userAgent = new UserAgent({
      wires,
      dns,
      clock,
      random,
      log,
      product,
      onInvite,
      onRegister,
      onReplace,
      publicAddresses,
      onRequestTo,
    });
    const telephony = new Engine({
      ...{ userAgent, userCheck, connections, media, clock, random, log, onIncoming, dns, publicAddresses },
      ...passwordWatch(refusals, ''),
    });
    const certificates = new TlsRenewal({ files: options.tls, material, wires: secure, clock, log });
    return { telephony, certificates, sip: wires.flatMap(({ kind, local }) => (kind === 'udp' ? [local] : [])) };
  } catch (error) {
    await Promise.all(wires.map((wire) => wire.close()));
    throw error;
  }
}

/** What says how much may come from one source. */
interface SourceLimits {
  readonly admits: (address: string) => boolean;
  readonly connectionLimit: ConnectionLimit;
}

interface OpenWires {
  readonly wires: Wire[];
  /** Those of them over TLS. */
  readonly secure: TlsWire[];
}

async function openWires(options: TelephonyOptions, sources: SourceLimits): Promise<OpenWires & { readonly material: TlsMaterial }> {
  const material = await readTlsFiles(options.tls);
  const opened: OpenWires = { wires: [], secure: [] };
  const { wires } = opened;
  const { addresses } = options.sip;
  let { port } = options.sip;
  let tlsPort = options.tls.port;
  try {
    for (const address of addresses) {
      await openWiresAt({ address, port }, tlsPort, material, { ...options, sources }, opened);
      // Both families are to have the same port, also one that the system chose.
      for (const { kind, local } of wires) {
        if (kind === 'tls') tlsPort = local.port;
        else port = local.port;
      }
    }
    return { ...opened, material };
  } catch (error) {
    await Promise.all(wires.map((wire) => wire.close()));
    throw error;
  }
}

/** Opens the wires of one address, and adds each to those that are open. */
async function openWiresAt(
  local: Endpoint,
  tlsPort: number,
  { identity, ca }: TlsMaterial,
  { tls: { requireClientCertificate }, clock, random, log, sources }: TelephonyOptions & { readonly sources: SourceLimits },
  { wires, secure }: OpenWires,
): Promise<void> {
  const udp = await openUdp({ local, log, admits: sources.admits }).catch((error: unknown) => cannotListen('UDP', local, error));
  wires.push(udp);
  wires.push(
    await openTcp({ local: udp.local, clock, log, ...sources, pings: { random } }).catch((error: unknown) =>
      cannotListen('TCP', udp.local, error),
    ),
  );
  const at = { address: local.address, port: tlsPort };
  const opening = openTls({ local: at, clock, log, ...sources, pings: { random }, identity, ca, requireClientCertificate });
  const tls = await opening.catch((error: unknown) => cannotListen('TLS', at, error, 'RINGFLOW_SIP_TLS_PORT'));
  wires.push(tls);
  secure.push(tls);
}

function cannotListen(transport: string, { address, port }: Endpoint, cause: unknown, setting = 'RINGFLOW_SIP_PORT'): never {
  const code = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  const name = code === 'EADDRNOTAVAIL' ? 'RINGFLOW_SIP_HOST' : setting;
  const why =
    code === 'EADDRINUSE' ? 'another program uses it' : code === 'EADDRNOTAVAIL' ? 'it is not an address of this machine' : String(code);
  throw new AppError(
    'BAD_SETTING',
    { name, reason: `does not work: cannot listen on ${transport} ${writeHostPort(address, port)}, ${why}.` },
    { cause },
  );
}
