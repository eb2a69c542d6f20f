import { systemClock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { NewSessionRow } from '../../src/store/session-rows.ts';

export function freshId(): string {
  return newId(systemClock, systemRandom);
}

/** A session that could be created. */
export function newSessionRow(members: Partial<NewSessionRow> = {}): NewSessionRow {
  return {
    id: freshId(),
    accountId: freshId(),
    endpointId: freshId(),
    flowId: freshId(),
    flowVersion: 1,
    trunkId: freshId(),
    direction: 'outbound',
    toAddress: '+18144043093',
    fromAddress: '+18144043094',
    owner: freshId(),
    callState: 'Ringing',
    createdBy: 'manager@example.com',
    createdAtMs: Date.UTC(2026, 0, 1),
    ...members,
  };
}
