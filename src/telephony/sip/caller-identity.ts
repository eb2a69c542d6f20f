/** How a caller and the callee are written into an INVITE. */
export interface CallParties {
  /** User parts: of Request-URI and To, and of the caller. Digits, `*` and `+`. */
  readonly called: string;
  readonly caller: string;
  /** Host, and port if it is not the usual one, of the URIs. */
  readonly domain: string;
  /** The parameter of the Request-URI that asks for a transport. */
  readonly transport: string;
  /** Which header names the caller besides From. */
  readonly identity: 'none' | 'asserted' | 'preferred';
  /** The callee shall not see who calls. */
  readonly anonymous: boolean;
  /** The user part of whom the call was for at first: digits, `*` and `+`. */
  readonly divertedFrom?: string;
}

export interface WrittenParties {
  readonly requestUri: string;
  readonly from: string;
  readonly toUri: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** From of a caller who is not to be seen (RFC 3323 section 4.1.1.3). */
const ANONYMOUS = 'sip:anonymous@anonymous.invalid';

/**
 * URIs and identity headers of an INVITE. Who calls is in P-Asserted-Identity or P-Preferred-Identity (RFC 3325) when the carrier wants
 * it. An anonymous caller is not in From, and `Privacy: id` asks the carrier to keep the identity header to itself (RFC 3325 section 7). Diversion (RFC 5806 section 4) says for whom the call was that this one is
 * placed for; the number is one that the caller of that has dialled, so it is no secret of an anonymous one.
 */
export function writeParties({ called, caller, domain, transport, identity, anonymous, divertedFrom }: CallParties): WrittenParties {
  const callerUri = `sip:${caller}@${domain}`;
  const toUri = `sip:${called}@${domain}`;
  const headers: (readonly [string, string])[] = [];
  if (identity !== 'none') headers.push([identity === 'asserted' ? 'P-Asserted-Identity' : 'P-Preferred-Identity', `<${callerUri}>`]);
  if (divertedFrom !== undefined) headers.push(['Diversion', `<sip:${divertedFrom}@${domain}>;reason=deflection;counter=1`]);
  if (anonymous) headers.push(['Privacy', 'id']);
  return { requestUri: `${toUri}${transport}`, from: anonymous ? ANONYMOUS : callerUri, toUri, headers };
}
