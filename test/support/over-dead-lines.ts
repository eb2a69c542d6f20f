import { expect, it } from 'vitest';
import { outcomeOfEnd } from '../../src/sessions/outcome.ts';
import { diagnoseMedia, type IncomingCall } from '../../src/telephony/port.ts';
import { type BadLine, quietLine } from './bad-line.ts';
import { type CountedTelephony, countedTelephony, nothingLeft } from './counted-telephony.ts';
import { deferred } from './deferred.ts';
import type { DirectCall } from './direct-call.ts';
import { udpPortsClosed } from './udp-ports.ts';

export interface DeadLineScene extends CountedTelephony {
  readonly line: BadLine;
  /** Resolves with the call that comes next. */
  readonly incoming: Promise<IncomingCall>;
  /** Has something closed at the end, before the line. */
  closing(close: () => Promise<void>): void;
}

const MOST_MS = 60_000;
const RTP_PORTS = 10;
/** Longer than the time without audio at the end that the media doctor speaks of. */
export const QUIET_MS = 5_300;
/** What SIP gives a peer that says nothing: 64 times T1 (RFC 3261 section 17.1.1.2). */
export const SILENCE_MS = 32_000;
/** What steps of time, what follows the silence and a busy machine add; and what passes before a test begins to measure. */
const A_MOMENT_MS = 5_000;

/** What a busy machine brings about. */
const OF_THE_MACHINE = /^(?:LateFrames|Jitter|Poor|LongRoundTrip)/;

let scenes = 0;

/**
 * Registers a call of ours with a real peer behind a line that `play` has die. Afterwards nothing is left of the call, and the line has died.
 * `firstPort` is the first of our RTP ports in this file, of which each scene has others.
 */
export function overDeadLine(name: string, firstPort: number, play: (scene: DeadLineScene) => Promise<void>): void {
  const first = firstPort + RTP_PORTS * scenes++;
  const last = first + RTP_PORTS - 1;
  it.concurrent(name, { timeout: MOST_MS }, async () => {
    const incoming = deferred<IncomingCall>();
    const ours = await countedTelephony({ first, last }, { onIncoming: incoming.resolve });
    const line = quietLine();
    const closers: (() => Promise<void>)[] = [];
    try {
      await play({ ...ours, line, incoming: incoming.promise, closing: (close) => void closers.push(close) });
      expect(await ours.leftovers()).toEqual(nothingLeft);
      await udpPortsClosed(process.pid, line.nearMediaPorts);
      expect(line.stopped).toBeGreaterThan(0);
    } finally {
      await Promise.allSettled(closers.map((close) => close()));
      await Promise.allSettled([ours.close()]);
      await line.close();
    }
  });
}

/** Something took about as long as it is due. */
export function expectAfter(tookMs: number, dueMs: number): void {
  expect(tookMs).toBeGreaterThan(dueMs - A_MOMENT_MS);
  expect(tookMs).toBeLessThan(dueMs + A_MOMENT_MS);
}

/** How a call ended, as its session says it, and what the media doctor finds of the line. */
export async function endOf({ ended }: Pick<DirectCall, 'ended'>) {
  const { end, media } = await ended;
  const { sip, reason } = end;
  const problems = diagnoseMedia(media).map(({ problem }) => problem);
  return { outcome: outcomeOfEnd(end), sip, reason, problems: problems.filter((problem) => !OF_THE_MACHINE.test(problem)) };
}
