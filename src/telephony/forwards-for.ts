import { InboundLeg } from './inbound-leg.ts';
import { OutboundLeg } from './outbound-leg.ts';
import type { AnsweredCall } from './port.ts';
import { MAX_FORWARDS } from './sip/max-forwards.ts';

/**
 * Max-Forwards of an INVITE that is sent for `call`, if for any (RFC 7332); undefined: none may be, as that has come through too many systems. One that
 * we have placed passes on what it was given itself.
 */
export function forwardsFor(call: AnsweredCall | undefined): number | undefined {
  return call instanceof InboundLeg || call instanceof OutboundLeg ? call.forwardsLeft : MAX_FORWARDS;
}
