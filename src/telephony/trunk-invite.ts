import { defaultPort } from '../wire/default-port.ts';
import type { LocatedServer } from '../wire/locate-servers.ts';
import type { LegMedia } from './leg-media.ts';
import { noHopLeft, type OutboundLeg } from './outbound-leg.ts';
import type { DialRequest, SipHost } from './port.ts';
import { type WrittenParties, writeParties } from './sip/caller-identity.ts';
import { extraHeaders } from './sip/extra-headers.ts';
import type { RedirectPolicy } from './sip/redirection.ts';
import { type Hop, transportParam } from './sip/transport.ts';
import { parseUri } from './sip/uri.ts';
import { domainOf, firstServer, type TrunkHostParts } from './trunk-host.ts';

/**
 * Sends the INVITE of a leg to the servers of a trunk, one after the other. What comes of it, the leg is told; never rejects.
 * @param maxForwards undefined: it may not be sent
 */
export async function inviteOverTrunk(
  leg: OutboundLeg,
  request: DialRequest,
  media: LegMedia,
  { userAgent, locator, serviceRoutes }: TrunkHostParts,
  maxForwards: number | undefined,
): Promise<void> {
  if (maxForwards === undefined) {
    leg.fail(noHopLeft);
    return;
  }
  const { trunk } = request;
  let headers: ReturnType<typeof extraHeaders>;
  try {
    headers = extraHeaders(request.headers);
  } catch (error) {
    leg.fail({ why: 'failed', reason: error instanceof Error ? error.message : String(error) });
    return;
  }
  const { host, port, transport } = trunk;
  let servers: readonly LocatedServer[];
  try {
    servers = await locator.locate({ host, port, transport }, leg.searching);
  } catch {
    leg.fail({ why: 'unreachable', reason: 'The host name of the trunk cannot be resolved' });
    return;
  }
  const [first, ...otherwise] = servers;
  if (leg.hangingUp || first === undefined) {
    leg.fail({ why: 'cancelled' });
    return;
  }
  const written = partiesOf(request);
  const route = serviceRoutes.of({ host, port, transport }, trunk.userName);
  const invite = userAgent.invite(
    {
      to: first,
      otherwise,
      ...written,
      offer: media.offerTo(first.address),
      offerTo: ({ address }) => media.offerTo(address),
      headers: [...route.map((value) => ['Route', value] as const), ...written.headers, ...headers],
      maxForwards,
      ...(request.redirects && { redirects: redirectsTo(request.redirects, (known) => firstServer(known, locator, leg.searching)) }),
      ...(trunk.userName !== undefined &&
        trunk.password !== undefined && { credentials: { userName: trunk.userName, password: trunk.password } }),
    },
    leg,
  );
  leg.attach(invite);
}

/** Follows a redirection to one of these hosts and numbers, and to no other: whoever answers the call must not choose whom we pay for. */
function redirectsTo(
  { hosts, allows }: NonNullable<DialRequest['redirects']>,
  locate: (host: SipHost) => Promise<Hop | undefined>,
): RedirectPolicy {
  return async (uri) => {
    const { user, host, port, params } = parseUri(uri);
    if (user === undefined || !allows(user)) return undefined;
    const transport = params.get('transport')?.toLowerCase();
    const allowed = hosts.find(
      (known) =>
        known.host.toLowerCase() === host.toLowerCase() &&
        (port === undefined || (known.port ?? defaultPort(known.transport ?? 'udp')) === port) &&
        (transport === undefined || (known.transport ?? 'udp') === transport),
    );
    return allowed && locate(allowed);
  };
}

function partiesOf({ to, from, trunk, parties }: DialRequest): WrittenParties {
  return writeParties({
    called: to,
    caller: from,
    identity: 'none',
    anonymous: false,
    ...parties,
    domain: parties?.domain ?? domainOf(trunk),
    transport: transportParam(trunk.transport ?? 'udp'),
  });
}
