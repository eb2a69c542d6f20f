import type { TrunkSettings } from '../store/schema.ts';
import { isTrunkHeaderName } from '../telephony/port.ts';
import type { MemberChecks } from './member-checks.ts';
import { checkedFormat } from './number-format.ts';
import { isSipHost } from './sip-host.ts';

const identityHeaders = ['None', 'PAssertedIdentity', 'PPreferredIdentity'];
const codecNames = ['PCMU', 'PCMA', 'G722', 'opus'];
const inbandChoices = ['Off', 'Fallback', 'Always'];
const MOST_HEADERS = 10;
const NAME_LENGTH = 100;
const VALUE_LENGTH = 255;

type CallingSettings = Pick<
  TrunkSettings,
  | 'domain'
  | 'calledFormat'
  | 'callerFormat'
  | 'identityHeader'
  | 'callerSource'
  | 'diversionHeader'
  | 'isCallerAnonymous'
  | 'sipHeaders'
  | 'codecs'
  | 'digits'
  | 'inbandDigits'
  | 'rtpSource'
>;

/** Checks the members that say how a call is written to the carrier. Answers those that are there. */
export function callingValues(members: TrunkSettings, checks: MemberChecks): CallingSettings {
  const {
    domain,
    calledFormat,
    callerFormat,
    identityHeader,
    callerSource,
    diversionHeader,
    isCallerAnonymous,
    sipHeaders,
    codecs,
    digits,
    inbandDigits,
    rtpSource,
  } = members;
  if (domain && !isSipHost(domain)) checks.refuse('Domain', 'Give a host name or an IP address, without a port.');
  if (identityHeader !== undefined && !identityHeaders.includes(identityHeader))
    checks.refuse('IdentityHeader', `Use one of ${identityHeaders.join(', ')}.`);
  if (callerSource !== undefined && callerSource !== 'PAssertedIdentity' && callerSource !== 'From')
    checks.refuse('CallerSource', 'Use PAssertedIdentity or From.');
  if (diversionHeader !== undefined && diversionHeader !== 'None' && diversionHeader !== 'Diversion')
    checks.refuse('DiversionHeader', 'Use None or Diversion.');
  if (sipHeaders) checkHeaders(sipHeaders, checks);
  if (codecs && (!codecs.every((codec) => codecNames.includes(codec)) || new Set(codecs).size < codecs.length))
    checks.refuse('Codecs', `Use each of ${codecNames.join(', ')} once at most.`);
  checkDigits(digits, checks);
  if (inbandDigits !== undefined && !inbandChoices.includes(inbandDigits))
    checks.refuse('InbandDigits', `Use one of ${inbandChoices.join(', ')}.`);
  if (rtpSource !== undefined && rtpSource !== 'Latch' && rtpSource !== 'Offered') checks.refuse('RtpSource', 'Use Latch or Offered.');
  return {
    ...(domain !== undefined && { domain }),
    ...(calledFormat && { calledFormat: checkedFormat(calledFormat, 'CalledFormat', checks) }),
    ...(callerFormat && { callerFormat: checkedFormat(callerFormat, 'CallerFormat', checks) }),
    ...(identityHeader !== undefined && { identityHeader }),
    ...(callerSource !== undefined && { callerSource }),
    ...(diversionHeader !== undefined && { diversionHeader }),
    ...(isCallerAnonymous !== undefined && { isCallerAnonymous }),
    ...(sipHeaders && { sipHeaders }),
    ...(codecs && { codecs }),
    ...(digits !== undefined && { digits }),
    ...(inbandDigits !== undefined && { inbandDigits }),
    ...(rtpSource !== undefined && { rtpSource }),
  };
}

/** Checks how digits are sent to a trunk, or to the phones of a user. */
export function checkDigits(digits: string | undefined, checks: MemberChecks): void {
  if (digits !== undefined && digits !== 'Rtp' && digits !== 'Info') checks.refuse('Digits', 'Use Rtp or Info.');
}

function checkHeaders(headers: Readonly<Record<string, string>>, checks: MemberChecks): void {
  const names = Object.keys(headers);
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  if (names.length > MOST_HEADERS) checks.refuse('SipHeaders', `Use at most ${MOST_HEADERS}.`);
  else if (distinct.size < names.length) checks.refuse('SipHeaders', 'Use each name once, in any case.');
  else if (!names.every((name) => name.length <= NAME_LENGTH && isTrunkHeaderName(name)))
    checks.refuse('SipHeaders', 'A name begins with X-, or is one of Organization, P-Charge-Info, Priority, Subject, User-to-User.');
  else if (!Object.values(headers).every((value) => value.length <= VALUE_LENGTH && !/\p{Cc}|\p{Cs}/u.test(value)))
    checks.refuse('SipHeaders', `A value has up to ${VALUE_LENGTH} characters and no line breaks or other control characters.`);
}
