import ipaddr from 'ipaddr.js';
import type { SipRegistration, SipTarget } from '../contracts/sip-trunks.ts';
import type { TrunkSettings } from '../store/schema.ts';
import type { MemberChecks } from './member-checks.ts';
import { callingValues } from './trunk-calling.ts';
import { checkedTargets } from './trunk-targets.ts';

const MOST_PREFIXES = 1_000;
const MOST_SOURCES = 64;
/** Wider networks have strangers in them. */
const WIDEST = { ipv4: 8, ipv6: 16 } as const;

/** The members of a trunk that are kept together in one column, and are there. What is wrong is told to `checks`. */
export function trunkSettingValues(members: TrunkSettings & SipTarget, checks: MemberChecks): TrunkSettings {
  const { targets, prefixes, priority, allowedSources, healthCheckIntervalInSeconds: interval } = members;
  if (targets && targets.length > 0 && (members.host ?? members.port ?? members.transport) !== undefined)
    checks.refuse('Targets', 'Give either Targets, or Host, Port and Transport.');
  checkTexts(
    prefixes,
    'Prefixes',
    MOST_PREFIXES,
    (prefix) => /^\+[1-9][0-9]{0,14}$/.test(prefix),
    'beginnings of E.164 numbers, as +49',
    checks,
  );
  checks.number(priority, 'Priority', { least: 0, most: 65_535, whole: true });
  checkTexts(allowedSources, 'AllowedSources', MOST_SOURCES, isSource, 'IP addresses and networks, as 192.0.2.0/24', checks);
  if (interval !== undefined && interval !== 0)
    checks.number(interval, 'HealthCheckIntervalInSeconds', { least: 5, most: 3_600, whole: true });
  return {
    ...(targets && { targets: checkedTargets(targets, checks) }),
    ...(prefixes && { prefixes }),
    ...(priority !== undefined && { priority }),
    ...(allowedSources && { allowedSources }),
    ...(interval !== undefined && { healthCheckIntervalInSeconds: interval }),
    ...callingValues(members, checks),
    ...(members.registration && { registration: checkedRegistration(members.registration, checks) }),
  };
}

/** The members of a registration that are known. */
function checkedRegistration({ isEnabled, contactUser, expiresInSeconds }: SipRegistration, checks: MemberChecks): SipRegistration {
  checks.number(expiresInSeconds, 'Registration.ExpiresInSeconds', { least: 60, most: 86_400, whole: true });
  if (contactUser !== undefined && !/^[A-Za-z0-9._+*-]{0,64}$/.test(contactUser))
    checks.refuse('Registration.ContactUser', 'Give up to 64 letters, digits and signs of ._+*-');
  return {
    ...(isEnabled !== undefined && { isEnabled }),
    ...(contactUser !== undefined && { contactUser }),
    ...(expiresInSeconds !== undefined && { expiresInSeconds }),
  };
}

function checkTexts(
  values: readonly string[] | undefined,
  member: string,
  most: number,
  isValid: (text: string) => boolean,
  what: string,
  checks: MemberChecks,
): void {
  if (!values) return;
  if (values.length > most) checks.refuse(member, `Give at most ${most}.`);
  else if (!values.every(isValid)) checks.refuse(member, `Give ${what}.`);
}

function isSource(text: string): boolean {
  if (!text.includes('/')) return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
  if (!ipaddr.isValidCIDR(text)) return false;
  const [address, bits] = ipaddr.parseCIDR(text);
  return bits >= WIDEST[address.kind()];
}
