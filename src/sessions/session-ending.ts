import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { Clock } from '../kernel/clock.ts';
import type { SessionPatch } from '../store/session-rows.ts';
import type { LegEnd, MediaReport } from '../telephony/port.ts';
import { describeMedia } from './describe-media.ts';
import { outcomeOfEnd } from './outcome.ts';

/** How long the end of a session waits for a disk. */
const STORED_LIMIT_MS = 30_000;

/** How the call of a session has ended. */
interface Ending {
  readonly end: LegEnd;
  readonly media: MediaReport;
  readonly isAnswered: boolean;
  /** What the session came to; undefined: what the end of the call says. */
  readonly outcome: string | undefined;
  readonly endedAtMs: number;
  readonly parties: readonly SessionPartyReport[];
}

/** What is written of a session that is over. */
export function endPatch({ end, media, isAnswered, outcome, endedAtMs, parties }: Ending): SessionPatch {
  const mediaReport = describeMedia(media, isAnswered);
  const sipCause = end.sip ?? (isAnswered ? 200 : undefined);
  return {
    callState: 'Disconnected',
    endedAtMs,
    outcome: outcome ?? outcomeOfEnd(end),
    ...(sipCause !== undefined && { sipCause }),
    ...(mediaReport ? { mediaReport } : { state: {} }),
    ...(parties.length > 0 && { partyReports: parties }),
  };
}

/** Resolves when what is still to be stored is stored, but does not wait for ever: `onLate` is called when the disk takes too long. */
export function storedInTime(done: Promise<unknown>, clock: Clock, onLate: () => void): Promise<void> {
  return new Promise((resolve) => {
    const limit = clock.after(STORED_LIMIT_MS, () => {
      onLate();
      resolve();
    });
    void done.then(() => {
      limit.cancel();
      resolve();
    });
  });
}
