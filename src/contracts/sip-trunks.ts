import type { Static } from 'typebox';
import { Type } from 'typebox';
import { count, dto, flag, nullable, oneOf, optional, text, textMap, texts } from './dto.ts';

const namespace = 'Voice.Api.Endpoints';

export const sipTransports = oneOf('SipTransports', ['Udp', 'Tcp', 'Tls']);

export const SipTarget = dto(
  { name: 'SipTarget', namespace, description: 'A host that calls of a SIP trunk may be sent to.' },
  {
    host: optional(text, 'Host name or IP address.'),
    port: optional(nullable(count), 'If absent, what the SRV records of the host say, else 5060, or 5061 for Tls.'),
    transport: optional(nullable(sipTransports), 'If absent, what the NAPTR and SRV records of the host say, else Udp.'),
    priority: optional(nullable(count), 'Those with the lowest number are tried first. 0 if absent.'),
    weight: optional(nullable(count), 'The share of calls among targets of the same priority. 1 if absent; 0 is next to none.'),
  },
);
export type SipTarget = Static<typeof SipTarget>;

export const SipNumberFormat = dto(
  { name: 'SipNumberFormat', namespace, description: 'How a carrier wants numbers to be written.' },
  {
    style: optional(
      oneOf('SipNumberStyles', ['E164', 'E164WithoutPlus', 'National']),
      'E164 (+4930123456) if absent. National: 030123456 in the country, 0018144043093 elsewhere.',
    ),
    countryCode: optional(text, 'For National: the code of the country, as 49.'),
    nationalPrefix: optional(text, 'For National: what stands before national numbers. 0 if absent.'),
    internationalPrefix: optional(text, 'For National: what stands before country codes. 00 if absent.'),
    stripPrefix: optional(text, 'Taken away when the number begins so, after the style.'),
    addPrefix: optional(text, 'Put in front, last of all.'),
  },
);
export type SipNumberFormat = Static<typeof SipNumberFormat>;

export const SipRegistration = dto(
  { name: 'SipRegistration', namespace, description: 'Whether and how a SIP trunk is registered at its carrier.' },
  {
    isEnabled: optional(flag),
    contactUser: optional(text, 'The user part under which the carrier sends calls. The user name of the trunk if absent.'),
    expiresInSeconds: optional(nullable(count), 'How long a registration is asked for, from 60 to 86400. 600 if absent.'),
  },
);
export type SipRegistration = Static<typeof SipRegistration>;

export const SipRegistrationState = dto(
  { name: 'SipRegistrationState', namespace, description: 'Whether a SIP trunk is registered.' },
  {
    state: optional(oneOf('SipRegistrationStates', ['Registering', 'Registered', 'Failed'])),
    since: optional(text, 'When the state began.'),
    expires: optional(text, 'When the registration ends unless it is renewed.'),
    status: optional(nullable(count), 'The SIP status of the latest refusal.'),
  },
);

export const SipTargetState = dto(
  { name: 'SipTargetState', namespace, description: 'Whether a target of a SIP trunk answers, as the server sees it that was asked.' },
  {
    host: optional(text),
    port: optional(nullable(count)),
    transport: optional(nullable(sipTransports)),
    state: optional(oneOf('SipTargetStates', ['Unknown', 'Up', 'Down'])),
    since: optional(text, 'When the state began.'),
    status: optional(nullable(count), 'The SIP status of the latest answer; absent when there was none.'),
  },
);

/** Members of a trunk that are kept together, without a column of their own. */
export const trunkSettings = {
  targets: optional(
    Type.Array(SipTarget),
    'Several hosts instead of one. The next is tried when one does not answer or answers with 5xx, as long as no phone has rung.',
  ),
  prefixes: optional(texts, 'Beginnings of the numbers that the trunk is for, as +49 and +1212. All numbers if absent or empty.'),
  priority: optional(
    nullable(count),
    'Among trunks whose prefixes match a number at the same length, those with the lowest number are tried first. 0 if absent.',
  ),
  allowedSources: optional(
    texts,
    'Addresses and networks (CIDR) that calls of this trunk come from. The addresses of its hosts if absent or empty.',
  ),
  healthCheckIntervalInSeconds: optional(
    nullable(count),
    'How often each host is asked by OPTIONS whether it is there, from 5 to 3600. A host that is down is tried last. 0 or absent: never.',
  ),
  domain: optional(text, 'The domain in the addresses of both sides. The host that is called if absent or empty.'),
  calledFormat: optional(SipNumberFormat, 'How called numbers are written, in Request-URI and To, and read on calls that come in.'),
  callerFormat: optional(SipNumberFormat, 'How the caller ID is written, in From and the identity header, and read on calls that come in.'),
  identityHeader: optional(
    nullable(oneOf('SipIdentityHeaders', ['None', 'PAssertedIdentity', 'PPreferredIdentity'])),
    'The header that names the caller besides From. None if absent.',
  ),
  callerSource: optional(
    nullable(oneOf('SipCallerSources', ['PAssertedIdentity', 'From'])),
    'Where the caller of an incoming call is read: in P-Asserted-Identity, if there is one and no Privacy, else in From; or in From only. PAssertedIdentity if absent.',
  ),
  diversionHeader: optional(
    nullable(oneOf('SipDiversionHeaders', ['None', 'Diversion'])),
    'The header that names the number which was called first, on calls that a flow dials for a call that has come in. None if absent.',
  ),
  isCallerAnonymous: optional(nullable(flag), 'Callees shall not see who calls: From is anonymous, with Privacy: id.'),
  sipHeaders: optional(
    textMap,
    'Headers of each call: names that begin with X-, Organization, P-Charge-Info, Priority, Subject or User-to-User. Those of the call itself win.',
  ),
  registration: optional(SipRegistration, 'Registers the trunk at its host, with its user name and password.'),
  codecs: optional(
    Type.Array(oneOf('SipCodecs', ['PCMU', 'PCMA', 'G722', 'opus'])),
    'The codecs that are offered, in this order, and taken; the codec of a call for which another is dialled comes first. If absent or empty, PCMU, PCMA, G722 are offered, and opus is taken too.',
  ),
  inbandDigits: optional(
    nullable(oneOf('SipInbandDigits', ['Off', 'Fallback', 'Always'])),
    'Whether digits are looked for in the audio, as tones: Fallback, which it is if absent, where telephone-events were not agreed on.',
  ),
  rtpSource: optional(
    nullable(oneOf('SipRtpSources', ['Latch', 'Offered'])),
    'Whose audio packets are taken: Latch, which it is if absent, follows the carrier or gateway behind a NAT; Offered takes those from the address and port in its SDP, and no others.',
  ),
  digits: optional(
    nullable(oneOf('SipDigits', ['Rtp', 'Info'])),
    'How digits are sent: in the audio stream (Rtp: as telephone-events, as tones when those are not agreed on), or in SIP INFO. Rtp if absent. All are heard.',
  ),
};

/** What the server knows of a trunk, and nobody can change. */
export const trunkStates = {
  registrationState: optional(SipRegistrationState, 'Of a SIP trunk that the server registers which was asked.'),
  targetStates: optional(Type.Array(SipTargetState), 'The hosts of a SIP trunk that are checked.'),
};
