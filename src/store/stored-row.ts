import { getTableColumns } from 'drizzle-orm';
import { present } from './audit.ts';
import { session } from './schema.ts';
import type { NewSessionRow, SessionExtras } from './session-rows.ts';

type Stored = typeof session.$inferSelect;

const { state: _state, ...columns } = getTableColumns(session);

/** What `storedRow` needs. */
export const rowColumns = columns;

/** A session as it was created, from its row. Owner, trunk and call state are those of today. */
export function storedRow(row: Omit<Stored, 'state'>): NewSessionRow {
  return {
    id: row.id,
    accountId: row.accountId,
    endpointId: row.endpointId ?? '',
    ...present({ flowId: row.flowId, flowVersion: row.flowVersion, trunkId: row.trunkId, owner: row.owner }),
    direction: row.direction,
    toAddress: row.toAddress,
    fromAddress: row.fromAddress,
    callState: row.callState,
    createdBy: row.createdBy,
    createdAtMs: row.createdAt.getTime(),
    extras: extrasOf(row),
  };
}

function extrasOf(row: Omit<Stored, 'state'>): SessionExtras {
  const { loginId, idempotencyKey: key, requestHash: hash } = row;
  return {
    ...present({
      metadata: row.metadata,
      plan: row.plan,
      notBeforeMs: row.notBefore?.getTime(),
      expiresAtMs: row.expiresAt?.getTime(),
      dueAtMs: row.dueAt?.getTime(),
    }),
    ...(loginId !== null && key !== null && hash !== null && { keyed: { loginId, key, hash } }),
  };
}
