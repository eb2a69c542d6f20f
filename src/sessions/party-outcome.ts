import type { AttendedResult, PartyStatus } from '../flow/second-party.ts';
import type { LegEnd } from '../telephony/port.ts';
import { describeEnd } from './outcome.ts';

/** What to say of calls that all came to nothing: that of the callee who was nearest to answering. */
export function statusOf(ends: readonly LegEnd[]): Exclude<PartyStatus, 'Answered'> {
  const all = ends.map(({ why }) => statuses[why]);
  return (['NoAnswer', 'Busy', 'Rejected'] as const).find((status) => all.includes(status)) ?? 'Failed';
}

/** Of calls that all came to nothing the end of the one that was nearest to an answer; undefined when there was none. */
export function likeliest(ends: readonly LegEnd[]): LegEnd | undefined {
  return ends.find(({ why }) => statuses[why] === statusOf(ends));
}

/** The same as the result of a transfer to one of them. */
export function unreached(ends: readonly LegEnd[]): AttendedResult {
  const end = likeliest(ends);
  const sip = end?.sip;
  return { end: statusOf(ends), talkedMs: 0, ...(sip !== undefined && { sip }), reason: end ? (end.reason ?? describeEnd(end)) : '' };
}

const statuses: Readonly<Record<LegEnd['why'], Exclude<PartyStatus, 'Answered'>>> = {
  'callee-hung-up': 'NoAnswer',
  'caller-hung-up': 'NoAnswer',
  'we-hung-up': 'NoAnswer',
  'no-answer': 'NoAnswer',
  cancelled: 'NoAnswer',
  busy: 'Busy',
  rejected: 'Rejected',
  unreachable: 'Failed',
  'number-not-found': 'Failed',
  failed: 'Failed',
};
