import type { RegisterResult } from '../telephony/port.ts';

/** Whether a trunk is registered at its carrier. */
export interface RegistrationState {
  readonly state: 'Registering' | 'Registered' | 'Failed';
  readonly sinceMs: number;
  /** When the carrier forgets us, unless we register again. */
  readonly expiresAtMs?: number;
  /** The status of the latest refusal; undefined when there was none, or no answer. */
  readonly status?: number;
  /** Attempts in a row that failed. */
  readonly failures: number;
}

/** A registration is renewed after this part of its time, and up to a tenth of the time later, so that many do not fall into step. */
const RENEWED_AFTER = 0.7;
const SPREAD = 0.1;
const SHORTEST_MS = 1_000;
/** The first wait after a failure, which doubles each time up to the longest. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;
/** After a refusal of the password: others may lock the account by then. */
const PASSWORD_WAIT_MS = 120_000;

export function notRegistered(nowMs: number): RegistrationState {
  return { state: 'Registering', sinceMs: nowMs, failures: 0 };
}

/**
 * The state after a REGISTER, and when to send the next one. A failed renewal leaves the registration for as long as the carrier
 * remembers it.
 * @param chance from 0 to 1
 */
export function afterRegister(
  before: RegistrationState,
  result: RegisterResult,
  nowMs: number,
  chance: number,
): { readonly state: RegistrationState; readonly nextMs: number } {
  if (result.registered) {
    const sinceMs = before.state === 'Registered' ? before.sinceMs : nowMs;
    const state = { state: 'Registered', sinceMs, failures: 0, expiresAtMs: nowMs + result.expiresMs } as const;
    return { state, nextMs: Math.max(SHORTEST_MS, result.expiresMs * (RENEWED_AFTER + SPREAD * chance)) };
  }
  const { status, retryAfterMs = 0 } = result;
  const failures = before.failures + 1;
  const isPassword = status === 401 || status === 403 || status === 407;
  const doubledMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, failures - 1));
  const waitMs = Math.max(isPassword ? PASSWORD_WAIT_MS : 0, doubledMs * (0.5 + chance / 2), retryAfterMs);
  const { expiresAtMs = 0 } = before;
  const latest = status === undefined ? {} : { status };
  if (before.state === 'Registered' && expiresAtMs > nowMs)
    return { state: { state: 'Registered', sinceMs: before.sinceMs, failures, expiresAtMs, ...latest }, nextMs: waitMs };
  const sinceMs = before.state === 'Failed' ? before.sinceMs : nowMs;
  return { state: { state: 'Failed', sinceMs, failures, ...latest }, nextMs: waitMs };
}
