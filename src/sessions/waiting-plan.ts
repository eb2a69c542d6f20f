import { AppError } from '../kernel/errors.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import type { WaitingEnd } from '../store/session-schedule.ts';
import type { Outcome } from './outcome.ts';
import { compileOwnFlow, type OutgoingDirectory, type OutgoingPlan, type PlannedFlow, usableTrunks } from './outgoing-plan.ts';

/** Why a call that waited cannot be placed any more. */
export interface CannotBePlaced extends WaitingEnd {
  readonly outcome: Outcome;
}

/**
 * What a session that has waited needs to be dialled: the flow as it was when the call was accepted, and trunks and caller ID as the
 * account owns them now.
 * @throws AppError STORE_UNAVAILABLE
 */
export async function planWaiting(row: NewSessionRow, directory: OutgoingDirectory): Promise<OutgoingPlan | CannotBePlaced> {
  const { accountId, toAddress: to, fromAddress, extras } = row;
  const plan = extras?.plan;
  const owned = await directory.phoneNumbers.ownedVoiceNumbers(accountId);
  const callerId = owned.find(({ e164 }) => e164 === fromAddress);
  if (!callerId) return { outcome: 'NoCallerId', message: 'The account does not own the number to call from any more' };
  const trunks = usableTrunks(await directory.trunks.ofAccount(accountId), plan?.trunkId);
  if (trunks.length === 0) return { outcome: 'NoTrunk', message: 'The account does not own the SIP trunk of the call any more' };
  const flow = await flowOf(row, directory);
  if (typeof flow === 'string') return { outcome: 'FlowFailed', message: flow };
  const options = { ...plan?.options, ...(extras?.metadata && { metadata: extras.metadata }) };
  return { accountId, flow, to, callerId, trunks, ...(plan?.trunkId !== undefined && { trunkId: plan.trunkId }), options };
}

/** The flow of a session, or the reason why it cannot be run. */
async function flowOf(row: NewSessionRow, { flows, compiledFlows }: OutgoingDirectory): Promise<PlannedFlow | string> {
  const own = row.extras?.plan?.flow;
  try {
    if (own) return await compileOwnFlow(flows, row.accountId, own);
    const stored = await flows.loadVersion(row.flowId ?? '', row.accountId, row.flowVersion ?? 0);
    return stored ? { compiled: compiledFlows.of(stored) } : 'The flow of the call is gone';
  } catch (error) {
    if (error instanceof AppError && error.code === 'FLOW_INVALID') return error.message;
    throw error;
  }
}
