import type { SessionPartyReport } from '../contracts/sessions.ts';
import type { LegEnd, MediaReport } from '../telephony/port.ts';
import { describeMedia } from './describe-media.ts';
import { describeEnd } from './outcome.ts';

/** Reports that one session keeps: its flow may call any number of others. */
const MOST = 50;

/** A call that was placed beside that of a session. */
interface ReportedParty {
  readonly name: string;
  /** The SIP Call-ID of its last attempt. */
  readonly callId: string | undefined;
  readonly isAnswered: boolean;
}

/** What became of a call beside that of a session, as the API shows it: without a media report when its audio was never agreed on. */
export function describeParty({ name, callId, isAnswered }: ReportedParty, end: LegEnd, media: MediaReport): SessionPartyReport {
  const mediaReport = describeMedia(media, isAnswered);
  const sipCause = end.sip ?? (isAnswered ? 200 : undefined);
  return {
    address: name,
    ...(callId !== undefined && { callSid: callId }),
    ...(sipCause !== undefined && { sipCause }),
    end: describeEnd(end),
    ...(mediaReport && { mediaReport }),
  };
}

/** What became of those who were called beside the call of a session: the last 50, in the order in which their calls ended. */
export class PartyReports {
  readonly #reports: SessionPartyReport[] = [];

  add(report: SessionPartyReport): void {
    if (this.#reports.length === MOST) this.#reports.shift();
    this.#reports.push(report);
  }

  /** Whether one of them is of the call with this SIP Call-ID. */
  has(callSid: string): boolean {
    return this.#reports.some((report) => report.callSid === callSid);
  }

  get all(): readonly SessionPartyReport[] {
    return [...this.#reports];
  }
}
