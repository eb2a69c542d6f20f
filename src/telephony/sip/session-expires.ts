import type { HeaderList } from './header-list.ts';
import { parseParams } from './parse-params.ts';

/** What a Session-Expires header says (RFC 4028 section 4). */
export interface SessionExpires {
  readonly intervalMs: number;
  /** Which side of the transaction refreshes: who sent its request, or who answers it. Absent or unknown: open. */
  readonly refresher?: 'uac' | 'uas';
}

/** No smaller interval may be asked for (RFC 4028 section 5). */
export const SMALLEST_INTERVAL_MS = 90_000;

/** Longer ones are cut to this, about 23 days: no timer of the platform runs longer. */
const LARGEST_INTERVAL_MS = 2_000_000_000;

/** The Session-Expires of a message; undefined when it has none, or one that cannot be read: a call is worth more than its timer. */
export function sessionExpiresOf(headers: HeaderList): SessionExpires | undefined {
  const line = headers.first('Session-Expires');
  if (line === undefined) return undefined;
  const semicolon = line.indexOf(';');
  const intervalMs = intervalIn(semicolon === -1 ? line : line.slice(0, semicolon));
  if (intervalMs === undefined) return undefined;
  const refresher = semicolon === -1 ? undefined : refresherIn(line.slice(semicolon + 1));
  return { intervalMs, ...(refresher !== undefined && { refresher }) };
}

/** The Min-SE of a message (RFC 4028 section 5); the smallest of all when it has none that can be read. */
export function smallestIntervalOf(headers: HeaderList): number {
  const [seconds = ''] = (headers.first('Min-SE') ?? '').split(';');
  return Math.max(SMALLEST_INTERVAL_MS, intervalIn(seconds) ?? 0);
}

export function sessionExpiresLine({ intervalMs, refresher }: SessionExpires): readonly [name: string, value: string] {
  return ['Session-Expires', refresher === undefined ? secondsOf(intervalMs) : `${secondsOf(intervalMs)};refresher=${refresher}`];
}

export function smallestIntervalLine(intervalMs: number): readonly [name: string, value: string] {
  return ['Min-SE', secondsOf(intervalMs)];
}

function secondsOf(intervalMs: number): string {
  return String(Math.ceil(intervalMs / 1000));
}

function intervalIn(seconds: string): number | undefined {
  const digits = seconds.trim();
  return /^[0-9]{1,10}$/.test(digits) ? Math.min(1000 * Number(digits), LARGEST_INTERVAL_MS) : undefined;
}

function refresherIn(params: string): 'uac' | 'uas' | undefined {
  try {
    const refresher = parseParams(params).get('refresher')?.toLowerCase();
    return refresher === 'uac' || refresher === 'uas' ? refresher : undefined;
  } catch {
    return undefined;
  }
}
