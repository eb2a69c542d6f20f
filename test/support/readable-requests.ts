import { gatewayBody } from './multipart-wire.ts';
import { OFFER } from './sip-agents.ts';

const head = (method: string): string =>
  `${method} sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKa;rport\r\nFrom: "B" <sip:b@h>;tag=c\r\nTo: <sip:us@h>;tag=d\r\nCall-ID: a@b\r\nCSeq: 2 ${method}\r\nContact: <sip:b@10.0.0.2>\r\n`;

/**
 * Requests of whose headers and bodies a plain call has none: transfers and their progress, digits in INFO, PRACK, asserted identities,
 * forwarded calls, registrations, bodies of parts.
 */
export const readableRequests: readonly Uint8Array[] = [
  `${head('REFER')}Refer-To: <sip:c@10.0.0.3;method=INVITE?Replaces=x%40y%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\nReferred-By: <sip:b@h>\r\n\r\n`,
  `${head('INVITE')}Replaces: x@y;to-tag=1;from-tag=2;early-only\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nRetry-After: 18 (busy);duration=60\r\n\r\n`,
  `${head('NOTIFY')}Event: refer\r\nSubscription-State: active;expires=60\r\nContent-Type: message/sipfrag;version=2.0\r\n\r\nSIP/2.0 180 Ringing\r\n`,
  `${head('INFO')}Content-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n`,
  `${head('INFO')}Content-Type: application/dtmf\r\n\r\n#`,
  `${head('PRACK')}RAck: 776656 2 INVITE\r\n\r\n`,
  `${head('INVITE')}P-Asserted-Identity: "A" <sip:+15550001@h;user=phone>, tel:+15550002;phone-context=h\r\nP-Asserted-Identity: <tel:+15550003>\r\nPrivacy: id;header\r\n\r\n`,
  `${head('INVITE')}Diversion: "A, B" <sip:+15550001@h>;reason=user-busy;privacy=off;counter=2, <tel:+15550002>;reason=no-answer\r\n\r\n`,
  `${head('INVITE')}History-Info: <sip:1@h?Reason=SIP%3Bcause%3D302&Privacy=none>;index=1, <sip:2@h;cause=302>;index=1.1\r\nHistory-Info: <sip:3@h>;index=1.2;mp=1\r\n\r\n`,
  `${head('REGISTER')}Contact: <sip:b@10.0.0.4;transport=tcp>;expires=60;q=0.5, <sip:b@[::1]>\r\nExpires: 3600\r\n\r\n`,
  `${head('INVITE')}Content-Type: multipart/mixed;boundary=gateway\r\n\r\n${gatewayBody(OFFER)}`,
  `${head('INVITE')}Content-Type: multipart/alternative;boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed;\r\n boundary=gateway\r\n\r\n${gatewayBody(OFFER)}\r\n--b--`,
].map((text) => Buffer.from(text));
