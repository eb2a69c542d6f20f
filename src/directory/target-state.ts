import { isServerFailure } from '../telephony/port.ts';

/** What the checks of a target have found. */
export interface TargetState {
  readonly state: 'Unknown' | 'Up' | 'Down';
  /** Since when. */
  readonly sinceMs: number;
  /** Checks in a row that say otherwise. */
  readonly contrary: number;
  /** The status of the latest answer; undefined when there was none. */
  readonly status?: number;
}

/** Checks in a row after which a target is down, and up again. The first answer of all counts at once. */
const DOWN_AFTER = 3;
const UP_AFTER = 2;

/** A target that was never checked. */
export function uncheckedTarget(nowMs: number): TargetState {
  return { state: 'Unknown', sinceMs: nowMs, contrary: 0 };
}

/**
 * The state after one more check. Any answer shows that somebody is there, but for 503 and 408, by which a proxy says that it cannot
 * serve or has lost what is behind it.
 */
export function afterCheck(before: TargetState, status: number | undefined, nowMs: number): TargetState {
  const answered = status !== undefined && !isServerFailure(status);
  const found = answered ? 'Up' : 'Down';
  const latest = status === undefined ? {} : { status };
  if (before.state === found) return { state: found, sinceMs: before.sinceMs, contrary: 0, ...latest };
  const contrary = before.contrary + 1;
  const needed = answered ? (before.state === 'Unknown' ? 1 : UP_AFTER) : DOWN_AFTER;
  if (contrary >= needed) return { state: found, sinceMs: nowMs, contrary: 0, ...latest };
  return { state: before.state, sinceMs: before.sinceMs, contrary, ...latest };
}
