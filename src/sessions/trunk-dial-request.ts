import { formatNumber } from '../directory/number-format.ts';
import type { TrunkTarget } from '../directory/trunk-targets.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { DialRequest } from '../telephony/port.ts';
import type { CallOptions } from './call-options.ts';

/** A leg that is to be placed: its numbers, and what its trunk is not to decide. */
export type OutgoingLeg = Pick<DialRequest, 'legId' | 'to' | 'from'> &
  Pick<CallOptions, 'ringTimeoutMs' | 'sipHeaders'> & {
    /** The E.164 number that was called first, when the call is dialled for one that has come in. */
    readonly divertedFrom?: string;
  };

/** A call to a target of a trunk, written as the trunk wants it. */
export function trunkDialRequest(leg: OutgoingLeg, trunk: Trunk, { host, port, transport }: TrunkTarget): DialRequest {
  const { legId, to, from, divertedFrom } = leg;
  const { userName, password, srtp, codecs, digits, inbandDigits, rtpSource, domain, identity, namesDiversion, isCallerAnonymous } = trunk;
  const headers = joined(trunk.sipHeaders, leg.sipHeaders ?? {});
  return {
    legId,
    to,
    from,
    trunk: {
      host,
      port,
      transport,
      srtp,
      inbandDigits,
      rtpSource,
      ...(codecs && { codecs }),
      ...(digits && { digits }),
      ...(userName !== undefined && { userName }),
      ...(password !== undefined && { password }),
    },
    parties: {
      called: formatNumber(to, trunk.calledFormat),
      caller: formatNumber(from, trunk.callerFormat),
      ...(domain !== undefined && { domain }),
      identity,
      anonymous: isCallerAnonymous,
      ...(namesDiversion && divertedFrom !== undefined && { divertedFrom: formatNumber(divertedFrom, trunk.callerFormat) }),
    },
    redirects: trunk.targets,
    ringTimeoutMs: leg.ringTimeoutMs ?? trunk.ringTimeoutMs,
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}

/** Headers of the trunk, and those of the call in their place where both have one. */
function joined(ofTrunk: Readonly<Record<string, string>>, ofCall: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const taken = new Set(Object.keys(ofCall).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(ofTrunk).filter(([name]) => !taken.has(name.toLowerCase()))), ...ofCall };
}
