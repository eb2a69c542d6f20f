import type { CallEventName } from '../contracts/calls.ts';

/** What a call may be given beyond flow, number and caller ID. Checked already; absent members do not restrict and add nothing. */
export interface CallOptions {
  /** How long it may ring. Absent: as long as the trunk says. */
  readonly ringTimeoutMs?: number;
  /** How long it may last from its answer. Absent: as long as the flow takes. */
  readonly maxDurationMs?: number;
  /** The whole call is recorded into a file of the account. */
  readonly record?: boolean;
  /** Headers of the INVITE besides the ordinary ones, by name. */
  readonly sipHeaders?: Readonly<Record<string, string>>;
  /** What the caller of the API wants to find again on the session, and in its callbacks. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Where the events of the call are sent. */
  readonly statusCallback?: { readonly url: string; readonly events: readonly CallEventName[] };
}
