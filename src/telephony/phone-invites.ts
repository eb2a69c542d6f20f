import type { LegMedia } from './leg-media.ts';
import type { SendInvite } from './parallel-invites.ts';
import type { PhoneConnections } from './phone-connections.ts';
import type { RingRequest } from './port.ts';
import { writeHostPort } from './sip/host-port.ts';
import type { InviteEvents } from './sip/outgoing-invite.ts';
import type { Hop } from './sip/transport.ts';
import { parseUri, writeUri } from './sip/uri.ts';
import type { UserAgent } from './sip/user-agent.ts';
import type { Binding } from './sip-users.ts';

/** The INVITEs to the phones that a user has registered and that can be reached, each to where it registered from, or else where it listens. */
export function phoneInvites(
  request: RingRequest,
  media: LegMedia,
  userAgent: UserAgent,
  connections: Pick<PhoneConnections, 'wayTo'> | undefined,
  maxForwards: number | undefined,
): readonly SendInvite[] {
  return request.bindings.flatMap((binding) => {
    const way = connections ? connections.wayTo(binding) : { ...binding.source, isOnlyWay: true };
    return way ? [inviteTo(way, binding, request, media, userAgent, maxForwards)] : [];
  });
}

function inviteTo(
  way: Hop,
  { contact, path }: Binding,
  { from, to }: RingRequest,
  media: LegMedia,
  userAgent: UserAgent,
  maxForwards: number | undefined,
): SendInvite {
  return (branch, again) => {
    const offer = again ? media.secureOfferTo(way.address) : media.offerTo(way.address);
    if (offer === undefined) return undefined;
    const host = writeHostPort(media.address, undefined);
    const events = toldWhy(branch, way);
    return userAgent.invite(
      {
        to: way,
        requestUri: withoutHeaders(contact),
        from: writeUri({ scheme: 'sip', user: from, host, params: new Map(), headers: [] }),
        toUri: writeUri({ scheme: 'sip', user: to, host, params: new Map(), headers: [] }),
        offer,
        headers: path.map((proxy) => ['Route', proxy] as const),
        ...(maxForwards !== undefined && { maxForwards }),
      },
      again ? insistingOnKeys(events, media) : events,
    );
  };
}

/** Headers in a URI have no place in a Request-URI, and a phone is not to say what else a request of ours has (RFC 3261 sections 19.1.1 and 19.1.5). */
function withoutHeaders(contact: string): string {
  const uri = parseUri(contact);
  return uri.headers.length === 0 ? contact : writeUri({ ...uri, headers: [] });
}

/** Why there is nobody to send an INVITE to. */
export function whyNoPhone({ bindings }: RingRequest): string {
  return bindings.length === 0
    ? 'No phone of the user has registered'
    : 'The connection over which the phone has registered is closed, and no other can be opened to it';
}

/** The events of a phone that say in what way it could not be reached. */
function toldWhy(events: InviteEvents, { isOnlyWay, transport }: Hop): InviteEvents {
  if (transport === 'udp') return events;
  const reason = isOnlyWay
    ? 'The connection over which the phone has registered broke'
    : 'The connection over which the phone has registered is closed, and the phone takes none at its Contact';
  return { ...events, failed: (failure) => events.failed(failure.why === 'transport' ? { ...failure, reason } : failure) };
}

/** The events of a phone that was offered keys only. */
function insistingOnKeys(events: InviteEvents, media: LegMedia): InviteEvents {
  return {
    ...events,
    answered: (dialog, sdp) => {
      media.insistOnKeys();
      events.answered(dialog, sdp);
    },
  };
}
