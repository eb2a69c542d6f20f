import type { Prompt } from '../telephony/port.ts';

/** Somebody who can be called: an E.164 number, or an endpoint of the account, which has to be of the type if there is one. */
export type PartyAddress = { readonly number: string } | { readonly endpointId: string; readonly type?: 'User' | 'Team' };

/** Whom a flow calls for its caller, and how. */
export interface CallingOrder {
  /** Called at the same time; of a user all phones, of a team all members. */
  readonly parties: readonly PartyAddress[];
  /**
   * The E.164 number that they see. It has to be owned. Undefined: numbers see that of this side of the call, phones of users see the other
   * side of the call, that is, with whom they are going to talk.
   */
  readonly callerId: string | undefined;
  /** How long they may ring. */
  readonly ringTimeoutMs: number;
  /** What the caller hears meanwhile, again and again. */
  readonly meanwhile: Prompt;
  /** What is played to who answers, before the two are joined. */
  readonly whisper: Prompt | undefined;
  /** One of these keys has to be pressed by who answers before the two are joined; '' for none. */
  readonly acceptKeys: string;
}

/** Whom a flow calls to speak with its caller. */
export interface PartyOrder extends CallingOrder {
  /** Whether the caller hears instead what somebody who is called sends before the answer, as soon as there is such. */
  readonly hearsEarlyMedia: boolean;
  /** Whether transfers that the two ask their telephones for are done. */
  readonly allowTransfer: boolean;
  /** Whether both sides are recorded from the moment at which they are joined. */
  readonly record: boolean;
}

export type PartyStatus = 'Answered' | 'NoAnswer' | 'Busy' | 'Rejected' | 'Failed';

/** What became of it, once nobody of them is there any more. */
export interface PartyResult {
  readonly status: PartyStatus;
  /** Who was joined with the caller: the number, or the name of the user. */
  readonly answeredBy?: string;
  /** How long the two were joined. */
  readonly talkedMs: number;
  /** The id of the stored recording. */
  readonly recordingId?: string;
}

/** What became of an attended transfer. */
export interface AttendedResult {
  /**
   * `Transferred`: the new call is up. `Accepted`: the other side is willing, tells nothing of the new call, and who was called has left ours.
   * `Joined`: it does not, so the two were joined by us instead, until one of them hung up. `Refused`, `Failed`: it does not, or nobody could
   * be called, and whoever was called is gone. The others: nobody has taken the call.
   */
  readonly end: 'Transferred' | 'Accepted' | 'Joined' | 'Refused' | Exclude<PartyStatus, 'Answered'>;
  /** Who took the call: the number, or the name of the user. */
  readonly answeredBy?: string;
  /** How long the two were joined by us. */
  readonly talkedMs: number;
  /** The SIP status that says so, when there was one. */
  readonly sip?: number;
  readonly reason: string;
}

/** Calls somebody beside the call of a flow, and joins the two. */
export interface SecondParty {
  /**
   * Calls them; the first who answers (and accepts) is joined with the caller until one of the two hangs up. The others are
   * cancelled, all of them when `signal` is aborted, which is when the caller hangs up.
   * @throws Error with a sentence for the author of the flow when they cannot be called; the signal's reason when nobody was joined yet
   */
  call(order: PartyOrder, signal: AbortSignal): Promise<PartyResult>;
  /**
   * Calls them in the same way, and asks the other side of the call of the flow to call the first who takes the call in our place (REFER with
   * Replaces). When that takes long or comes to nothing the two are joined, as `call` does, so that no call is lost. @throws as `call`
   */
  transferTo(order: CallingOrder, signal: AbortSignal): Promise<AttendedResult>;
}
