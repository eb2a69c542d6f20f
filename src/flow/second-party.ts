import type { Prompt } from '../telephony/port.ts';

/** Whom a flow calls to speak with its caller, and how. */
export interface PartyOrder {
  /** E.164 numbers, called at the same time. */
  readonly numbers: readonly string[];
  /** The E.164 number that they see; undefined: the number of this side of the call. It has to be owned. */
  readonly callerId: string | undefined;
  /** How long they may ring. */
  readonly ringTimeoutMs: number;
  /** What the caller hears meanwhile, again and again. */
  readonly meanwhile: Prompt;
  /** What is played to who answers, before the two are joined. */
  readonly whisper: Prompt | undefined;
  /** One of these keys has to be pressed by who answers before the two are joined; '' for none. */
  readonly acceptKeys: string;
  /** Whether both sides are recorded from the moment at which they are joined. */
  readonly record: boolean;
}

export type PartyStatus = 'Answered' | 'NoAnswer' | 'Busy' | 'Rejected' | 'Failed';

/** What became of it, once nobody of them is there any more. */
export interface PartyResult {
  readonly status: PartyStatus;
  /** The number that was joined with the caller. */
  readonly answeredBy?: string;
  /** How long the two were joined. */
  readonly talkedMs: number;
  /** The id of the stored recording. */
  readonly recordingId?: string;
}

/** Calls somebody beside the call of a flow, and joins the two. */
export interface SecondParty {
  /**
   * Calls the numbers; the first who answers (and accepts) is joined with the caller until one of the two hangs up. The others are
   * cancelled, all of them when `signal` is aborted, which is when the caller hangs up.
   * @throws Error with a sentence for the author of the flow when they cannot be called; the signal's reason when nobody was joined yet
   */
  call(order: PartyOrder, signal: AbortSignal): Promise<PartyResult>;
}
