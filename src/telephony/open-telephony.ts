import { availableParallelism } from 'node:os';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Logger } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import { cachedDns } from '../wire/dns-cache.ts';
import { systemDns } from '../wire/system-dns.ts';
import { openTcp } from '../wire/tcp.ts';
import { openTls } from '../wire/tls.ts';
import { openUdp } from '../wire/udp.ts';
import type { Endpoint, Wire } from '../wire/wire.ts';
import { Engine } from './engine.ts';
import { openMediaWorkers } from './media/worker-client.ts';
import type { IncomingCall } from './port.ts';
import type { Refusals } from './refusals.ts';
import { Registrar } from './registrar.ts';
import type { DigestGuardOptions } from './sip/digest-guard.ts';
import type { IncomingInvite } from './sip/incoming-invite.ts';
import type { ReceivedRequest } from './sip/transaction-layer.ts';
import { UserAgent } from './sip/user-agent.ts';
import type { SipUsers } from './sip-users.ts';
import { readTlsFiles, type TlsFiles } from './tls-files.ts';
import { type DenialReason, UserCheck } from './user-check.ts';

export interface TelephonyOptions {
  /** Where SIP listens, UDP and TCP; port 0 for a free one. RTP is bound to the same address. */
  readonly sip: Endpoint;
  /** The port of SIP over TLS, and paths of PEM files. It listens when there is a certificate. */
  readonly tls: TlsFiles & { readonly port: number; readonly requireClientCertificate: boolean };
  readonly publicAddress?: string | undefined;
  readonly rtpPorts: { readonly first: number; readonly last: number };
  readonly product: string;
  /** Whose phones may register. */
  readonly users: SipUsers;
  /** How their phones prove their passwords. */
  readonly digest: Pick<DigestGuardOptions, 'realm' | 'algorithms'>;
  /** Counts who shows no right password. */
  readonly refusals: Pick<Refusals, 'count'>;
  /** Takes incoming calls. It must not throw. */
  readonly onIncoming: (call: IncomingCall) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface OpenTelephony {
  readonly telephony: Engine;
  /** Where SIP listens. */
  readonly sip: Endpoint;
}

/**
 * Opens the SIP ports and starts the media threads.
 * @throws AppError BAD_SETTING when a port is in use, an address is not one of this machine, or a PEM file is no good
 */
export async function openTelephony(options: TelephonyOptions): Promise<OpenTelephony> {
  const { clock, random, log, publicAddress, rtpPorts, product, users, digest, refusals, onIncoming } = options;
  const wires = await openWires(options);
  try {
    // One core is left to signalling, flows and the database.
    const count = Math.max(1, availableParallelism() - 1);
    const media = await openMediaWorkers({ count, host: options.sip.address, portRange: rtpPorts, log });
    const address = publicAddress === undefined ? {} : { publicAddress };
    const onInvite = (invite: IncomingInvite): void => telephony.invited(invite);
    const registerDenied = (reason: DenialReason): void => refusals.count(`register-${reason}`);
    const onDenied = (reason: DenialReason): void => refusals.count(reason);
    const userCheck = new UserCheck(users, { ...digest, clock, random });
    const registrar = new Registrar({ users, check: userCheck, onDenied: registerDenied, clock, log });
    const onRegister = (received: ReceivedRequest): void => registrar.take(received);
    const onReplace = (invite: IncomingInvite, replaced: unknown): void => telephony.replaced(invite, replaced);
    const userAgent = new UserAgent({ wires, clock, random, log, product, onInvite, onRegister, onReplace, ...address });
    const dns = cachedDns(systemDns(), clock);
    const telephony = new Engine({ userAgent, userCheck, onDenied, media, clock, random, log, onIncoming, dns, ...address });
    return { telephony, sip: wires[0].local };
  } catch (error) {
    await Promise.all(wires.map((wire) => wire.close()));
    throw error;
  }
}

async function openWires({ sip, tls, clock, log }: TelephonyOptions): Promise<[Wire, ...Wire[]]> {
  const { identity, ca } = await readTlsFiles(tls);
  const udp = await openUdp({ local: sip, log }).catch((error: unknown) => cannotListen('UDP', sip, error));
  const wires: [Wire, ...Wire[]] = [udp];
  try {
    wires.push(await openTcp({ local: udp.local, clock, log }).catch((error: unknown) => cannotListen('TCP', udp.local, error)));
    const local = { address: sip.address, port: tls.port };
    const { requireClientCertificate } = tls;
    const opening = openTls({ local, clock, log, identity, ca, requireClientCertificate });
    wires.push(await opening.catch((error: unknown) => cannotListen('TLS', local, error, 'RINGFLOW_SIP_TLS_PORT')));
    return wires;
  } catch (error) {
    await Promise.all(wires.map((wire) => wire.close()));
    throw error;
  }
}

function cannotListen(transport: string, { address, port }: Endpoint, cause: unknown, setting = 'RINGFLOW_SIP_PORT'): never {
  const code = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  const name = code === 'EADDRNOTAVAIL' ? 'RINGFLOW_SIP_HOST' : setting;
  const why =
    code === 'EADDRINUSE' ? 'another program uses it' : code === 'EADDRNOTAVAIL' ? 'it is not an address of this machine' : String(code);
  throw new AppError(
    'BAD_SETTING',
    { name, reason: `does not work: cannot listen on ${transport} ${address}:${port}, ${why}.` },
    { cause },
  );
}
