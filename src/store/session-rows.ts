import type { CallEventName } from '../contracts/calls.ts';
import type { FlowInfo } from '../contracts/flows.ts';
import type { SessionMemberInfo } from '../contracts/session-members.ts';
import type { SessionInfo, SessionLogInfo, SessionMediaReport, SessionPartyReport } from '../contracts/sessions.ts';

/** A conference that a call is in, with those of its members that the session has called. */
export interface ConferenceState {
  readonly sid: string;
  readonly members: readonly SessionMemberInfo[];
}

export type CallState = NonNullable<SessionInfo['callState']>;

/** What a call may be given beyond flow, number and caller ID. Absent members do not restrict and add nothing. */
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

/** Where the events of a call are sent, as it is stored: the address is encrypted. */
export interface StoredCallback {
  readonly sealedUrl: string;
  readonly events: readonly CallEventName[];
}

/** A flow that belongs to one session. */
export type OwnFlow = Pick<FlowInfo, 'name' | 'nodes' | 'parameters' | 'exits'>;

/** What is needed to place a call and has no column of its own. */
export interface SessionPlan {
  /** Without the metadata, which has a column. */
  readonly options?: Omit<CallOptions, 'metadata' | 'statusCallback'> & { readonly statusCallback?: StoredCallback };
  readonly flow?: OwnFlow;
  /** The trunk that the call must use. */
  readonly trunkId?: string;
}

/** A session that is about to begin, or that waits for its time. */
export interface NewSessionRow {
  readonly id: string;
  readonly accountId: string;
  /** The phone number of the caller ID. */
  readonly endpointId: string;
  /** Absent, and the version too, for a flow of the session's own. */
  readonly flowId?: string;
  readonly flowVersion?: number;
  readonly trunkId?: string;
  readonly direction: 'inbound' | 'outbound';
  readonly toAddress: string;
  readonly fromAddress: string;
  /** The worker that runs the call. Absent while the session waits. */
  readonly owner?: string;
  readonly callState: CallState;
  /** E-mail address of the login. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** What another process needs to go on with the call. */
  readonly state?: Readonly<Record<string, unknown>>;
  readonly extras?: SessionExtras;
}

/** What only some sessions have. */
export interface SessionExtras {
  /** Of a call that comes in: for whom it was before it was forwarded. */
  readonly forwardedFrom?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly plan?: SessionPlan;
  readonly notBeforeMs?: number;
  readonly expiresAtMs?: number;
  /** When a session that waits is to be dialled. */
  readonly dueAtMs?: number;
  readonly keyed?: KeyedRequest;
}

/** A request that carried an Idempotency-Key: one session for each login and key. */
export interface KeyedRequest {
  readonly loginId: string;
  readonly key: string;
  /** Tells whether another request with the key is the same. */
  readonly hash: string;
}

/** The epoch of a session that was just created; every take-over adds one. */
export const FIRST_EPOCH = 1;

/** A hold as the API shows it, and as another process would need it. */
export interface StoredHold {
  readonly reason: NonNullable<SessionInfo['holdReason']>;
  /** Id of the user who asked for it. */
  readonly byUserId?: string;
}

/** What has changed on a session; absent members stay. `endedAtMs` ends it. */
export interface SessionPatch {
  readonly callState?: CallState;
  readonly callSid?: string;
  /** Another trunk than the one that the session began with. */
  readonly trunkId?: string;
  readonly answeredAtMs?: number;
  readonly endedAtMs?: number;
  readonly outcome?: string;
  readonly sipCause?: number;
  /** What became of the audio. It is written when the call is over, in the place of `state`. */
  readonly mediaReport?: SessionMediaReport;
  /** What became of those who were called beside it; written together with the media report. */
  readonly partyReports?: readonly SessionPartyReport[];
  readonly state?: Readonly<Record<string, unknown>>;
  /** What `state` says of the conference that the call is in; null: it is in none. */
  readonly conference?: ConferenceState | null;
  /** What `state` says of the hold of the call; null: there is none. */
  readonly hold?: StoredHold | null;
}

export type { SessionLogInfo };

/** What is written down of the calls of a session, as telephony tells it, so that another process can go on with them or hang them up. */
export interface SessionState {
  readonly leg?: Readonly<Record<string, unknown>>;
  /** Those that were called beside it, and are up. */
  readonly parties?: readonly Readonly<Record<string, unknown>>[];
}
