import type { LegMedia } from './leg-media.ts';
import type { SendInvite } from './parallel-invites.ts';
import type { RingRequest } from './port.ts';
import { writeHostPort } from './sip/host-port.ts';
import type { InviteEvents } from './sip/outgoing-invite.ts';
import { writeUri } from './sip/uri.ts';
import type { UserAgent } from './sip/user-agent.ts';

/** The INVITEs to the phones that a user has registered, each to where it registered from. */
export function phoneInvites({ from, to, bindings }: RingRequest, media: LegMedia, userAgent: UserAgent): readonly SendInvite[] {
  return bindings.map(
    ({ contact, path, source }): SendInvite =>
      (branch, again) => {
        const offer = again ? media.secureOfferTo(source.address) : media.offerTo(source.address);
        if (offer === undefined) return undefined;
        const host = writeHostPort(media.address, undefined);
        return userAgent.invite(
          {
            to: { ...source, isOnlyWay: true },
            requestUri: contact,
            from: writeUri({ scheme: 'sip', user: from, host, params: new Map(), headers: [] }),
            toUri: writeUri({ scheme: 'sip', user: to, host, params: new Map(), headers: [] }),
            offer,
            headers: path.map((proxy) => ['Route', proxy] as const),
          },
          again ? insistingOnKeys(branch, media) : branch,
        );
      },
  );
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
