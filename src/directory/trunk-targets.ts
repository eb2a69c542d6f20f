import type { SipTarget } from '../contracts/sip-trunks.ts';
import type { EndpointRow, EndpointValues } from '../store/endpoint-repository.ts';
import type { WireKind } from '../wire/wire.ts';
import type { MemberChecks } from './member-checks.ts';
import { isSipHost } from './sip-host.ts';

/** A host that calls of a trunk may be sent to. */
export interface TrunkTarget {
  readonly host: string;
  /** Absent: what the SRV records of the host say, else the port of the transport. */
  readonly port?: number;
  /** Absent: what the NAPTR and SRV records of the host say, else UDP. */
  readonly transport?: WireKind;
  /** The lowest first. */
  readonly priority: number;
  /** The share among targets of the same priority. */
  readonly weight: number;
}

const MOST_TARGETS = 16;
const LARGEST_NUMBER = 65_535;
const HOST_REASON = 'Give a host name or an IP address, without a port.';

/** Checks host, port and transport of a trunk, or of one of its targets, whose members have names that begin with `at`. */
export function checkTarget({ host, port, transport }: SipTarget, at: string, checks: MemberChecks): void {
  if (host !== undefined && !isSipHost(host)) checks.refuse(`${at}Host`, HOST_REASON);
  checks.number(port, `${at}Port`, { least: 1, most: LARGEST_NUMBER, whole: true });
  if (transport !== undefined && !['Udp', 'Tcp', 'Tls'].includes(transport)) checks.refuse(`${at}Transport`, 'Use Udp, Tcp or Tls.');
}

/** Checks the targets of a request. Answers them with their known members only. */
export function checkedTargets(targets: readonly SipTarget[], checks: MemberChecks): SipTarget[] {
  if (targets.length > MOST_TARGETS) checks.refuse('Targets', `Give at most ${MOST_TARGETS}.`);
  return targets.slice(0, MOST_TARGETS).map((target, index) => {
    const at = `Targets[${index}].`;
    const { host, port, transport, priority, weight } = target;
    checkTarget({ ...target, host: host ?? '' }, at, checks);
    checks.number(priority, `${at}Priority`, { least: 0, most: LARGEST_NUMBER, whole: true });
    checks.number(weight, `${at}Weight`, { least: 0, most: LARGEST_NUMBER, whole: true });
    return {
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(transport !== undefined && { transport }),
      ...(priority !== undefined && { priority }),
      ...(weight !== undefined && { weight }),
    };
  });
}

/** Host, port and transport of the target that is first in order: what a trunk with several shows as its own. */
export function firstTarget(targets: readonly SipTarget[]): EndpointValues {
  const [first] = [...targets].sort((one, other) => (one.priority ?? 0) - (other.priority ?? 0));
  if (!first) return {};
  return { host: first.host ?? '', port: first.port ?? null, transport: first.transport ?? null };
}

/** What is stored of a trunk, as far as it says where its targets are. */
export type TargetColumns = Pick<EndpointRow, 'host' | 'port' | 'transport' | 'trunk'>;

/** The targets of a stored trunk: those that it lists, or the one of its own host. */
export function targetsOf({ host, port, transport, trunk }: TargetColumns): readonly TrunkTarget[] {
  const listed = trunk?.targets ?? [];
  if (listed.length > 0) return listed.map(targetOf);
  return [targetOf({ ...(host !== null && { host }), ...(port !== null && { port }), ...(transport !== null && { transport }) })];
}

function targetOf({ host = '', port, transport, priority = 0, weight = 1 }: SipTarget): TrunkTarget {
  return {
    host,
    ...(port !== undefined && { port }),
    ...(transport !== undefined && { transport: wireKindOf(transport) }),
    priority,
    weight,
  };
}

function wireKindOf(transport: NonNullable<SipTarget['transport']>): WireKind {
  switch (transport) {
    case 'Tls':
      return 'tls';
    case 'Tcp':
      return 'tcp';
    case 'Udp':
      return 'udp';
  }
}

/** The name of a transport in the API. */
export function transportName(kind: WireKind): NonNullable<SipTarget['transport']> {
  switch (kind) {
    case 'tls':
      return 'Tls';
    case 'tcp':
      return 'Tcp';
    case 'udp':
      return 'Udp';
  }
}
