import type { AttendedResult } from '../flow/second-party.ts';
import { type Clock, sleep } from '../kernel/clock.ts';
import type { TransferOutcome } from '../telephony/port.ts';
import type { HoldableCall, TransferEvents } from './holdable-call.ts';
import type { TakenCall } from './taken-call.ts';

/** How long the two wait for the new call before they are joined by us: where it works, it is there within a second. */
const JOIN_AFTER_MS = 2_000;
/** How long we wait for the word of a call that has left us, and the other way round. A new call of which nothing is ever told is there by then. */
const NEWS_MS = 5_000;
/** How long who was called may take to hang up with us, once the new call is up. */
const FAREWELL_MS = 1_000;

export interface AttendedParts {
  /** The call whose other side is asked. */
  readonly line: Pick<HoldableCall, 'transferTo' | 'isOver'>;
  /** Whom it is asked to call. */
  readonly taken: TakenCall;
  /** Joins the two until one of them is gone, and resolves with how long that was. */
  readonly talk: () => Promise<number>;
  /** Whether who was called stays when the other side hangs up: it may be about to call that one. */
  readonly goOn: (isAllowed: boolean) => void;
  /** A line for the log of the session. */
  readonly note: (message: string) => void;
  readonly clock: Clock;
}

/**
 * Asks the other side of a call to call somebody else in our place, who has taken our call (RFC 5589 section 7). The two are joined when that is
 * refused, fails or takes long, and stay so until it has worked after all or one of them hangs up.
 * @throws the signal's reason; when the other side has hung up, only once who was called is gone, too
 */
export async function attendedTransfer(parts: AttendedParts, signal: AbortSignal): Promise<AttendedResult> {
  const { line, taken, clock, note } = parts;
  const { party } = taken;
  const done = new AbortController();
  const pause = (ms: number): Promise<void> => sleep(clock, ms, done.signal).catch(() => undefined);
  const left = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: done.signal });
  });
  left.catch(() => undefined);

  let outcome: TransferOutcome | undefined;
  let isAccepted = false;
  let isGone = false;
  const gone = party.over.then(() => {
    isGone = true;
  });
  parts.goOn(true);
  const events: TransferEvents = {
    onAsked: () => note(`The other side is asked to call ${party.name} in our place`),
    onAccepted: () => {
      isAccepted = true;
    },
  };
  const told = line.transferTo(taken.call, events, done.signal).then(
    (what) => {
      outcome = what;
      note(describe(what, party.name));
      if (isInVain(what)) parts.goOn(false);
    },
    () => undefined,
  );
  const hasWorked = (): boolean => outcome?.result === 'transferred';
  /** The word that decides; never comes when there is none. */
  const decided = told.then(() => (outcome?.result === 'unknown' ? new Promise<never>(() => {}) : undefined));

  const finish = (end: AttendedResult['end'], talkedMs = 0): AttendedResult => {
    const silence = isAccepted ? 'The other side tells nothing of the new call' : 'The other side has not answered the request';
    const { sip, reason = silence } = outcome ?? {};
    return { end, answeredBy: party.name, talkedMs, ...(sip !== undefined && { sip }), reason };
  };

  try {
    await Promise.race([left, decided, gone, pause(JOIN_AFTER_MS)]);
    if (isGone) await Promise.race([left, told, pause(NEWS_MS)]);
    if (isGone || hasWorked()) {
      await Promise.race([left, gone, pause(FAREWELL_MS)]);
      return finish(outcome ? ends[outcome.result] : isAccepted ? 'Accepted' : 'Failed');
    }
    const talking = parts.talk();
    talking.catch(() => undefined);
    void Promise.all([told, pause(NEWS_MS)]).then(() => {
      if (outcome?.result === 'unknown') parts.goOn(false);
    });
    await Promise.race([left, decided, talking]);
    if (!isGone && hasWorked()) {
      await Promise.race([left, gone, pause(FAREWELL_MS)]);
      void party.end();
    }
    const talkedMs = await Promise.race([left, talking]);
    await Promise.race([left, told, pause(NEWS_MS)]);
    return finish(hasWorked() ? 'Transferred' : 'Joined', talkedMs);
  } finally {
    if (signal.aborted && line.isOver) {
      await Promise.race([told, pause(NEWS_MS)]);
      if (!isInVain(outcome)) await Promise.race([gone, pause(NEWS_MS)]);
    }
    parts.goOn(false);
    done.abort();
  }
}

const ends = { transferred: 'Transferred', unknown: 'Accepted', refused: 'Refused', failed: 'Failed' } as const;

function isInVain(outcome: TransferOutcome | undefined): boolean {
  return outcome?.result === 'refused' || outcome?.result === 'failed';
}

function describe({ result, sip, reason }: TransferOutcome, name: string): string {
  const why = sip === undefined ? reason : `SIP ${sip} ${reason}`;
  switch (result) {
    case 'transferred':
      return `The other side talks with ${name} without us`;
    case 'unknown':
      return `The other side tells nothing of its call to ${name} (${why})`;
    case 'refused':
      return `The other side does not call ${name} (${why})`;
    case 'failed':
      return `The call of the other side to ${name} has failed (${why})`;
  }
}
