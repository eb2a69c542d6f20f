import { AppError } from '../kernel/errors.ts';
import type { SecretBox } from '../store/secret-box.ts';
import type { NewSessionRow } from '../store/session-rows.ts';
import type { WaitingEnd } from '../store/session-schedule.ts';
import type { Outcome } from './outcome.ts';
import { compileOwnFlow, type OutgoingDirectory, type OutgoingPlan, type PlannedFlow } from './outgoing-plan.ts';
import { openCallback } from './sealed-callback.ts';
import { trunksFor } from './trunk-routes.ts';

/** Why a call that waited cannot be placed any more. */
export interface CannotBePlaced extends WaitingEnd {
  readonly outcome: Outcome;
}

export interface WaitingPlan extends OutgoingPlan {
  /** Whether every trunk of the account, or the one that the call must use, may take it. */
  readonly byAnyTrunk: boolean;
}

/**
 * What a session that has waited needs to be dialled: the flow as it was when the call was accepted, and trunks and caller ID as the
 * account owns them now.
 * @throws AppError STORE_UNAVAILABLE
 */
export async function planWaiting(row: NewSessionRow, directory: OutgoingDirectory, box: SecretBox): Promise<WaitingPlan | CannotBePlaced> {
  const { accountId, toAddress: to, fromAddress, extras } = row;
  const plan = extras?.plan;
  const owned = await directory.phoneNumbers.ownedVoiceNumbers(accountId);
  const callerId = owned.find(({ e164 }) => e164 === fromAddress);
  if (!callerId) return { outcome: 'NoCallerId', message: 'The account does not own the number to call from any more' };
  const all = await directory.trunks.ofAccount(accountId);
  const trunks = trunksFor(to, all, plan?.trunkId);
  if (trunks.length === 0) return { outcome: 'NoTrunk', message: 'The account does not own a SIP trunk for the call any more' };
  const flow = await flowOf(row, directory);
  if (typeof flow === 'string') return { outcome: 'FlowFailed', message: flow };
  const { statusCallback: stored, ...others } = plan?.options ?? {};
  const statusCallback = stored && openCallback(box, row.id, stored);
  const options = { ...others, ...(statusCallback && { statusCallback }), ...(extras?.metadata && { metadata: extras.metadata }) };
  const byAnyTrunk = plan?.trunkId !== undefined || trunks.length === all.length;
  return { accountId, flow, to, callerId, trunks, byAnyTrunk, ...(plan?.trunkId !== undefined && { trunkId: plan.trunkId }), options };
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
