import type { PlaceCall } from '../contracts/calls.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { MemberChecks } from '../directory/member-checks.ts';
import { parseMoment } from '../kernel/moment.ts';

/** When a call is to be dialled, and when it is given up. */
export interface CallTime {
  readonly notBeforeMs?: number;
  readonly expiresAtMs?: number;
}

const FURTHEST_MS = 30 * 86_400_000;
/** How long a call waits for a channel when its caller did not say. */
const PATIENCE_MS = 5 * 60_000;

/** The time that a request gives to its call. What is wrong with it is told to `checks`. */
export function callTime(request: RequestOf<typeof PlaceCall>, nowMs: number, checks: MemberChecks): CallTime {
  const notBeforeMs = momentOf(request.notBefore, 'NotBefore', checks);
  const expiresAtMs = momentOf(request.expiresAt, 'ExpiresAt', checks);
  if (notBeforeMs !== undefined && notBeforeMs > nowMs + FURTHEST_MS) checks.refuse('NotBefore', 'Give a time at most 30 days ahead.');
  if (expiresAtMs !== undefined) {
    if (expiresAtMs <= nowMs) checks.refuse('ExpiresAt', 'It is past. Give a time that is still to come.');
    else if (notBeforeMs !== undefined && expiresAtMs <= notBeforeMs) checks.refuse('ExpiresAt', 'Give a time after NotBefore.');
  }
  return { ...(notBeforeMs !== undefined && { notBeforeMs }), ...(expiresAtMs !== undefined && { expiresAtMs }) };
}

/** When a call that waits is given up. */
export function givenUpAtMs(dueAtMs: number, expiresAtMs: number | undefined): number {
  return expiresAtMs ?? dueAtMs + PATIENCE_MS;
}

function momentOf(text: string | undefined, member: string, checks: MemberChecks): number | undefined {
  if (!text) return undefined;
  const ms = parseMoment(text);
  if (ms !== undefined) return ms;
  checks.refuse(member, 'Write a time as 2026-01-31T15:00:00Z, with Z or an offset.');
  return undefined;
}
