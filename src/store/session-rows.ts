import type { SessionInfo, SessionLogInfo } from '../contracts/sessions.ts';

export type CallState = NonNullable<SessionInfo['callState']>;

/** A session that is about to begin. */
export interface NewSessionRow {
  readonly id: string;
  readonly accountId: string;
  /** The phone number of the caller ID. */
  readonly endpointId: string;
  readonly flowId: string;
  readonly flowVersion: number;
  readonly trunkId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly toAddress: string;
  readonly fromAddress: string;
  /** The worker that runs the call. */
  readonly owner: string;
  readonly callState: CallState;
  /** E-mail address of the login. */
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** What another process needs to go on with the call. */
  readonly state?: Readonly<Record<string, unknown>>;
}

/** The epoch of a session that was just created; every take-over adds one. */
export const FIRST_EPOCH = 1;

/** What has changed on a session; absent members stay. `endedAtMs` ends it. */
export interface SessionPatch {
  readonly callState?: CallState;
  readonly callSid?: string;
  readonly answeredAtMs?: number;
  readonly endedAtMs?: number;
  readonly outcome?: string;
  readonly sipCause?: number;
  readonly state?: Readonly<Record<string, unknown>>;
}

export type { SessionLogInfo };
