import { possibleE164 } from '../directory/e164.ts';
import { formatNumber, readNumbers } from '../directory/number-format.ts';
import type { TrunkTarget } from '../directory/trunk-targets.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { DialRequest } from '../telephony/port.ts';
import type { CallOptions } from './call-options.ts';
import { matchedLength } from './trunk-routes.ts';

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
    redirects: { hosts: trunk.targets, allows: (user) => isOfTrunk(user, to, trunk) },
    ringTimeoutMs: leg.ringTimeoutMs ?? trunk.ringTimeoutMs,
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}

/** Whether the user part of a URI, as `+4930123456;npdi`, is the number that is called, or another one that the prefixes of the trunk name. */
function isOfTrunk(user: string, called: string, { calledFormat, prefixes }: Trunk): boolean {
  const [written = ''] = user.split(';', 1);
  if (written === called || written === formatNumber(called, calledFormat)) return true;
  const numbers = [...readNumbers(written, calledFormat), ...(possibleE164(written) === written ? [written] : [])];
  return numbers.length > 0 && numbers.every((number) => matchedLength(number, prefixes) > 0);
}

/** Headers of the trunk, and those of the call in their place where both have one. */
function joined(ofTrunk: Readonly<Record<string, string>>, ofCall: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const taken = new Set(Object.keys(ofCall).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(ofTrunk).filter(([name]) => !taken.has(name.toLowerCase()))), ...ofCall };
}
