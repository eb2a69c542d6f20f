import type { SipNumberFormat } from '../contracts/sip-trunks.ts';
import { possibleE164 } from '../directory/e164.ts';
import { readNumbers } from '../directory/number-format.ts';
import type { OwnedNumber } from '../directory/phone-numbers.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { IncomingCall } from '../telephony/port.ts';
import { addressOf, NO_NAME } from './incoming-address.ts';
import { writtenNumber } from './written-number.ts';

/**
 * The number that a call by way of a trunk is for. Carriers name it in the Request-URI, or only in To when they call the user name of the
 * trunk. It is read as E.164 with +, then as the trunk writes called numbers, then as numbers are usually written.
 */
export function calledNumber(
  { dialled, to }: Pick<IncomingCall, 'dialled' | 'to'>,
  { calledFormat }: Pick<Trunk, 'calledFormat'>,
  owned: readonly OwnedNumber[],
): OwnedNumber | undefined {
  for (const user of [dialled, to]) {
    for (const e164 of readings(user, calledFormat)) {
      const found = owned.find((number) => number.e164 === e164);
      if (found) return found;
    }
  }
  return undefined;
}

/** Who calls: `from`, and `writtenFrom`, whom From names, when the carrier asserts that somebody else calls. */
export interface Callers {
  readonly from: string;
  readonly writtenFrom?: string;
}

/** Who calls by way of a trunk: whom its carrier asserts (RFC 3325 section 5), a number rather than a name, else whom From names. */
export function callersOf(
  { from, asserted }: Pick<IncomingCall, 'from' | 'asserted'>,
  { callerSource, callerFormat }: Pick<Trunk, 'callerSource' | 'callerFormat'>,
): Callers {
  const callerOf = (user: string): string => callerNumber(user, callerFormat) ?? addressOf(user);
  const written = callerOf(from);
  const known =
    callerSource === 'asserted' ? (asserted.find((user) => callerNumber(user, callerFormat) !== undefined) ?? asserted[0]) : undefined;
  const caller = known === undefined ? written : callerOf(known);
  return { from: caller, ...(caller !== written && { writtenFrom: written }) };
}

/** For whom a call was before: who forwarded it to us, and whom it was for at first, when that is somebody else. */
export interface Forwarding {
  readonly forwardedFrom?: string;
  readonly firstFor?: string;
}

/** For whom a call by way of a trunk was before it was forwarded to `called`, in numbers where they can be read as such. */
export function forwardingOf(
  { forwarders }: Pick<IncomingCall, 'forwarders'>,
  { callerFormat }: Pick<Trunk, 'callerFormat'>,
  called: string,
): Forwarding {
  const known = forwarders.map((user) => callerNumber(user, callerFormat) ?? addressOf(user));
  const others = known.filter((name) => name !== called && name !== NO_NAME);
  const [forwardedFrom] = others;
  const firstFor = others.at(-1);
  return {
    ...(forwardedFrom !== undefined && { forwardedFrom }),
    ...(firstFor !== undefined && firstFor !== forwardedFrom && { firstFor }),
  };
}

/** The number of a caller. Where numbers are national, one that fits neither the style nor E.164 could be of any country: it is none. */
function callerNumber(user: string, format: SipNumberFormat | undefined): string | undefined {
  const [number] = format?.style === 'National' ? formatted(user, format) : readings(user, format);
  return number;
}

/** What a number may mean, the likeliest first. */
function readings(user: string, format: SipNumberFormat | undefined): string[] {
  const usual = writtenNumber(user);
  return [...formatted(user, format), ...(usual === undefined ? [] : [usual])];
}

function formatted(user: string, format: SipNumberFormat | undefined): string[] {
  const [number = ''] = user.split(';', 1);
  const exact = number.startsWith('+') ? possibleE164(number) : undefined;
  return [...(exact === undefined ? [] : [exact]), ...readNumbers(number, format)];
}
