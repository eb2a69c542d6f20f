import type { HeaderList } from './header-list.ts';
import { hasOption } from './option-tags.ts';
import { SMALLEST_INTERVAL_MS, sessionExpiresLine, sessionExpiresOf, smallestIntervalLine, smallestIntervalOf } from './session-expires.ts';

/** How long a session lasts without a refresh, and who refreshes it (RFC 4028). Plain JSON, part of the state of a dialog. */
export interface SessionTimer {
  readonly intervalMs: number;
  readonly refresher: 'us' | 'peer';
  /** When the session was agreed on or refreshed last, in milliseconds since the Unix epoch. */
  readonly refreshedAtMs: number;
  /** The smallest interval that the other side, or a proxy between, has asked for; absent: that of the standard. */
  readonly smallestMs?: number;
}

/** How far a refresh of ours is: none is under way, one is, or the latest has failed. */
export type RefreshProgress = { readonly at: 'rest' } | { readonly at: 'work' } | { readonly at: 'failure'; readonly failedAtMs: number };

/** What is to be done next about a session, and when. */
export interface SessionTimerDeed {
  readonly what: 'refresh' | 'hang up';
  readonly atMs: number;
}

type Line = readonly [name: string, value: string];

/** What we ask for: the interval that RFC 4028 section 4 recommends. */
export const SESSION_INTERVAL_MS = 1_800_000;

/** The soonest that a refresh which failed is tried again. */
const SOONEST_AGAIN_MS = 5_000;

/**
 * What to do next (RFC 4028 section 10): the refresher refreshes at half of the interval, and again halfway to the end whenever that
 * fails; either side hangs up a little before the interval is over.
 */
export function nextDeed({ intervalMs, refresher, refreshedAtMs }: SessionTimer, progress: RefreshProgress): SessionTimerDeed {
  const overAtMs = refreshedAtMs + intervalMs - Math.min(32_000, intervalMs / 3);
  if (refresher === 'us' && progress.at === 'rest') return { what: 'refresh', atMs: refreshedAtMs + intervalMs / 2 };
  if (refresher === 'us' && progress.at === 'failure') {
    const againAtMs = progress.failedAtMs + Math.max(SOONEST_AGAIN_MS, (overAtMs - progress.failedAtMs) / 2);
    if (againAtMs < overAtMs) return { what: 'refresh', atMs: againAtMs };
  }
  return { what: 'hang up', atMs: overAtMs };
}

/** The headers of an INVITE that begins a call; `smallestMs` is what a 422 to it asked for. Who refreshes is left to the callee. */
export function firstTimerHeaders(smallestMs: number | undefined): readonly Line[] {
  if (smallestMs === undefined) return [sessionExpiresLine({ intervalMs: SESSION_INTERVAL_MS })];
  return [sessionExpiresLine({ intervalMs: Math.max(SESSION_INTERVAL_MS, smallestMs) }), smallestIntervalLine(smallestMs)];
}

/** The headers of a re-INVITE or UPDATE: without them it would end the timer (RFC 4028 section 7.4). */
export function refreshHeaders(timer: SessionTimer | undefined): readonly Line[] {
  if (!timer) return [];
  const { refresher, smallestMs } = timer;
  const intervalMs = Math.max(timer.intervalMs, smallestMs ?? 0);
  const line = sessionExpiresLine({ intervalMs, refresher: refresher === 'us' ? 'uac' : 'uas' });
  return smallestMs === undefined ? [line] : [line, smallestIntervalLine(smallestMs)];
}

/** The timer whose next refresh asks for what a 422 to the one before wants (RFC 4028 section 7.3). Until then it runs as agreed. */
export function lengthened(timer: SessionTimer, refusal: HeaderList): SessionTimer {
  return { ...timer, smallestMs: Math.max(timer.smallestMs ?? 0, smallestIntervalOf(refusal)) };
}

/**
 * The timer that a 2xx to our INVITE or UPDATE agrees on; undefined when it says nothing of one (RFC 4028 section 7.2). An interval that
 * is too small by the standard is not taken at its word: nobody can have us refresh all the time.
 */
export function timerOfAnswer(headers: HeaderList, smallestMs: number | undefined, nowMs: number): SessionTimer | undefined {
  const agreed = sessionExpiresOf(headers);
  return (
    agreed && {
      intervalMs: Math.max(agreed.intervalMs, SMALLEST_INTERVAL_MS),
      refresher: agreed.refresher === 'uas' ? 'peer' : 'us',
      refreshedAtMs: nowMs,
      ...(smallestMs !== undefined && { smallestMs }),
    }
  );
}

/** The headers of the 422 to an INVITE or UPDATE whose interval is too small; undefined when it is not (RFC 4028 section 9). */
export function intervalRefusal(request: HeaderList): readonly Line[] | undefined {
  const asked = sessionExpiresOf(request);
  return asked && asked.intervalMs < SMALLEST_INTERVAL_MS ? [smallestIntervalLine(SMALLEST_INTERVAL_MS)] : undefined;
}

/**
 * The timer that our 2xx to an INVITE or UPDATE agrees on (RFC 4028 section 9, table 2). A peer that has timers and asks for one refreshes
 * the session unless it wants us to; one that only has them is refreshed by us; undefined for one that says nothing of them.
 */
export function timerOfRequest(request: HeaderList, nowMs: number): SessionTimer | undefined {
  const asked = sessionExpiresOf(request);
  const hasTimers = hasOption(request, 'Supported', 'timer') || hasOption(request, 'Require', 'timer');
  if (!asked && !hasTimers) return undefined;
  const smallestMs = smallestIntervalOf(request);
  return {
    intervalMs: asked?.intervalMs ?? Math.max(SESSION_INTERVAL_MS, smallestMs),
    refresher: asked && hasTimers && asked.refresher !== 'uas' ? 'peer' : 'us',
    refreshedAtMs: nowMs,
    ...(smallestMs > SMALLEST_INTERVAL_MS && { smallestMs }),
  };
}

/** The headers of a 2xx that agrees on this timer. A peer that has to refresh must understand so (RFC 4028 section 9). */
export function answerTimerHeaders(timer: SessionTimer | undefined, request: HeaderList): readonly Line[] {
  if (!timer) return [];
  const { intervalMs, refresher } = timer;
  const line = sessionExpiresLine({ intervalMs, refresher: refresher === 'us' ? 'uas' : 'uac' });
  // A peer that does not refresh should watch the timer too, if it can.
  const requires = refresher === 'peer' || hasOption(request, 'Supported', 'timer');
  return requires ? [line, ['Require', 'timer']] : [line];
}
