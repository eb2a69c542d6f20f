import type { SessionInfo } from '../contracts/sessions.ts';
import type { NewSessionRow, SessionExtras } from '../store/session-rows.ts';

/** What a session was when it was created: the answer to who created it, the same however often and late it is asked for. */
export function createdSession(row: NewSessionRow): SessionInfo {
  const createdAt = isoOf(row.createdAtMs);
  const waits = waitedAtFirst(row);
  const trunkId = waits ? row.extras?.plan?.trunkId : row.trunkId;
  return {
    id: row.id,
    dateCreated: createdAt,
    dateLastModified: createdAt,
    createdBy: row.createdBy,
    lastModifiedBy: row.createdBy,
    dialState: waits ? 'None' : 'Active',
    callState: waits ? 'Disconnected' : 'Ringing',
    queueState: waits ? 'Queued' : 'None',
    accountId: row.accountId,
    endpointId: row.endpointId,
    destination: row.toAddress,
    toAddress: row.toAddress,
    fromAddress: row.fromAddress,
    channel: 'Voice',
    ended: false,
    direction: row.direction,
    ...(row.flowId !== undefined && { flowId: row.flowId }),
    ...(trunkId !== undefined && { trunkId }),
    ...(row.extras && extraMembers(row.extras)),
    log: [],
  };
}

function extraMembers({ metadata, forwardedFrom, notBeforeMs, expiresAtMs }: SessionExtras): SessionInfo {
  return {
    ...(metadata && { metadata: { ...metadata } }),
    ...(forwardedFrom !== undefined && { forwardedFrom }),
    ...(notBeforeMs !== undefined && { notBefore: isoOf(notBeforeMs) }),
    ...(expiresAtMs !== undefined && { expiresAt: isoOf(expiresAtMs) }),
  };
}

/** Also of a row that has been dialled since. */
function waitedAtFirst({ extras, createdAtMs }: NewSessionRow): boolean {
  return extras?.notBeforeMs !== undefined && extras.notBeforeMs > createdAtMs;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
