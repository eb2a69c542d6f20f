import type { RegisterResult } from '../telephony/port.ts';

/** Whether a trunk is registered at its carrier. */
export interface RegistrationState {
  readonly state: 'Registering' | 'Registered' | 'Failed';
  readonly sinceMs: number;
  /** When the carrier forgets us, unless we register again; absent: it does not know us. */
  readonly expiresAtMs?: number;
  /** The status of the latest refusal; undefined when there was none, or no answer. */
  readonly status?: number;
  /** Attempts in a row that failed. */
  readonly failures: number;
  /** Connections in a row that broke soon after they carried the registration; absent: none. */
  readonly breaks?: number;
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

/** A connection that has carried a registration for so long is good (RFC 5626 section 4.5). */
const GOOD_AFTER_MS = 120_000;
/** When a registrar restarts, many lose their connections at one moment. */
const AT_ONCE_MS = 1_000;

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
  const breaks = before.breaks === undefined ? {} : { breaks: before.breaks };
  if (result.registered) {
    const sinceMs = before.state === 'Registered' ? before.sinceMs : nowMs;
    const state = { state: 'Registered', sinceMs, failures: 0, expiresAtMs: nowMs + result.expiresMs, ...breaks } as const;
    return { state, nextMs: Math.max(SHORTEST_MS, result.expiresMs * (RENEWED_AFTER + SPREAD * chance)) };
  }
  const { status, retryAfterMs = 0 } = result;
  const failures = before.failures + 1;
  const isPassword = status === 401 || status === 403 || status === 407;
  const waitMs = Math.max(isPassword ? PASSWORD_WAIT_MS : 0, doubledMs(failures, chance), retryAfterMs);
  const { expiresAtMs = 0 } = before;
  const latest = { ...breaks, ...(status !== undefined && { status }) };
  if (before.state === 'Registered' && expiresAtMs > nowMs)
    return { state: { state: 'Registered', sinceMs: before.sinceMs, failures, expiresAtMs, ...latest }, nextMs: waitMs };
  const sinceMs = before.state === 'Failed' ? before.sinceMs : nowMs;
  return { state: { state: 'Failed', sinceMs, failures, ...latest }, nextMs: waitMs };
}

/**
 * The state when the connection is gone over which the trunk was registered, and when to register again: at once, but later and later when
 * connections break soon, one after the other (RFC 5626 section 4.5). Absent: when it was to be tried again anyway, as the registrar has refused a renewal.
 * @param chance from 0 to 1
 */
export function afterLostConnection(
  before: RegistrationState,
  nowMs: number,
  chance: number,
): { readonly state: RegistrationState; readonly nextMs?: number } {
  if (before.state !== 'Registered') return { state: before };
  const breaks = nowMs - before.sinceMs < GOOD_AFTER_MS ? (before.breaks ?? 0) + 1 : 1;
  const state = { ...before, state: 'Registering', sinceMs: nowMs, breaks } as const;
  if (before.failures > 0) return { state };
  return { state, nextMs: breaks === 1 ? chance * AT_ONCE_MS : doubledMs(breaks - 1, chance) };
}

/** The wait after so many failures in a row, with its lot. */
function doubledMs(times: number, chance: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, times - 1)) * (0.5 + chance / 2);
}
