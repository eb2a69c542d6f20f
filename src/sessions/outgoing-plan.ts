import type { PlaceCall } from '../contracts/calls.ts';
import type { RequestOf } from '../contracts/dto.ts';
import { possibleE164 } from '../directory/e164.ts';
import type { Flows } from '../directory/flows.ts';
import { MemberChecks } from '../directory/member-checks.ts';
import type { OwnedNumber, PhoneNumbers } from '../directory/phone-numbers.ts';
import { chosenAccount, mayAccess, type Principal } from '../directory/principal.ts';
import type { Trunk, Trunks } from '../directory/trunks.ts';
import type { CompiledFlow } from '../flow/compiled-flow.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { OwnFlow } from '../store/session-rows.ts';
import { type CallbackCheck, type CallOptions, callOptions } from './call-options.ts';
import { type CallTime, callTime } from './call-time.ts';
import type { CompiledFlows } from './compiled-flows.ts';
import { trunksFor } from './trunk-routes.ts';

/** Where the facts about accounts come from. */
export interface OutgoingDirectory {
  readonly flows: Pick<Flows, 'load' | 'loadVersion' | 'compile'>;
  readonly compiledFlows: Pick<CompiledFlows, 'of'>;
  readonly phoneNumbers: Pick<PhoneNumbers, 'ownedVoiceNumbers'>;
  readonly trunks: Pick<Trunks, 'ofAccount'>;
}

/** A flow that is ready to run on a call. */
export interface PlannedFlow {
  readonly compiled: CompiledFlow;
  /** The flow as it was given, when it is not a saved one. */
  readonly own?: OwnFlow;
}

/** A call that may be placed, with everything it needs. */
export interface OutgoingPlan {
  readonly accountId: string;
  readonly flow: PlannedFlow;
  /** The E.164 number to dial. */
  readonly to: string;
  readonly callerId: OwnedNumber;
  /** The trunks that may be used, in the order in which they are tried; at least one. */
  readonly trunks: readonly Trunk[];
  /** The one that must be used, if the caller said so. */
  readonly trunkId?: string;
  readonly options: CallOptions;
}

export interface PlanParts {
  /** Who knows to which addresses events may be sent. */
  readonly callbacks: CallbackCheck;
  readonly random: Random;
  readonly nowMs: number;
}

const FLOW_NAME_LENGTH = 200;
const FLOW_HINT = 'the id of the flow to run when the call is answered.';
const NUMBER_HINT = 'the E.164 number to dial, for example +18144043093.';

/**
 * Checks a request for an outgoing call. The account is the one of the flow, or the one named for a flow of the call's own.
 * @throws AppError with an entry for each wrong member: REQUIRED, INVALID_MEMBER, NUMBER_NOT_POSSIBLE; then FLOW_NOT_FOUND,
 * FLOW_INVALID, FORBIDDEN_ACCOUNT, CALLER_ID_NOT_OWNED, NO_CALLER_ID, NO_TRUNK, NO_ROUTE
 */
export async function planOutgoing(
  principal: Principal,
  request: RequestOf<typeof PlaceCall>,
  directory: OutgoingDirectory,
  parts: PlanParts,
): Promise<OutgoingPlan & CallTime> {
  const checks = new MemberChecks();
  checkFlowMembers(request, checks);
  const to = numberToDial(request.numberToDial ?? '', checks);
  const options = callOptions(request, parts.callbacks, checks);
  const time = callTime(request, parts.nowMs, checks);
  checks.done();

  const { accountId, flow } = await findFlow(principal, request, directory);
  const owned = await directory.phoneNumbers.ownedVoiceNumbers(accountId);
  const callerId = chooseCallerId(request.callerId ?? '', owned, parts.random);
  const trunkId = request.trunkId?.toLowerCase() || undefined;
  const all = await directory.trunks.ofAccount(accountId);
  const trunks = trunksFor(to, all, trunkId);
  if (trunks.length === 0) throw noTrunk(trunkId, all.length > 0);
  return { accountId, flow, to, callerId, trunks, ...(trunkId !== undefined && { trunkId }), options, ...time };
}

function noTrunk(trunkId: string | undefined, hasOthers: boolean): AppError {
  if (trunkId !== undefined)
    return memberError(
      'INVALID_MEMBER',
      { member: 'TrunkId', reason: 'The account has no SIP trunk with this id. See GET /endpoints.' },
      'TrunkId',
    );
  if (hasOthers) return memberError('NO_ROUTE', {}, 'NumberToDial');
  return new AppError('NO_TRUNK', {}, { retryAfterSeconds: 60 });
}

function checkFlowMembers({ flow, flowId }: RequestOf<typeof PlaceCall>, checks: MemberChecks): void {
  if (flow && flowId) checks.refuse('Flow', 'Give either Flow or FlowId.');
  else if (!flow && !flowId) checks.fail('REQUIRED', { member: 'FlowId', hint: FLOW_HINT }, 'FlowId');
  checks.text(flow?.name, 'Flow.Name', FLOW_NAME_LENGTH);
}

function numberToDial(text: string, checks: MemberChecks): string {
  if (text === '') checks.fail('REQUIRED', { member: 'NumberToDial', hint: NUMBER_HINT }, 'NumberToDial');
  const to = possibleE164(text);
  if (to === undefined && text !== '') checks.fail('NUMBER_NOT_POSSIBLE', {}, 'NumberToDial');
  return to ?? '';
}

async function findFlow(
  principal: Principal,
  request: RequestOf<typeof PlaceCall>,
  { flows, compiledFlows }: OutgoingDirectory,
): Promise<Pick<OutgoingPlan, 'accountId' | 'flow'>> {
  if (request.flow) {
    const accountId = chosenAccount(principal, request.accountId);
    if (!isId(accountId)) throw memberError('NOT_FOUND', { kind: 'account' }, 'AccountId');
    const { name, nodes, parameters, exits } = request.flow;
    const own = { ...(name && { name }), ...(nodes && { nodes }), ...(parameters && { parameters }), ...(exits && { exits }) };
    return { accountId, flow: await compileOwnFlow(flows, accountId, own) };
  }
  const stored = await flows.load(request.flowId ?? '');
  if (!stored || !mayAccess(principal, stored.accountId)) throw memberError('FLOW_NOT_FOUND', {}, 'FlowId');
  if (request.accountId && request.accountId.toLowerCase() !== stored.accountId) {
    const reason = 'The flow belongs to another account. Leave AccountId out.';
    throw memberError('INVALID_MEMBER', { member: 'AccountId', reason }, 'AccountId');
  }
  return { accountId: stored.accountId, flow: { compiled: compiledFlows.of(stored) } };
}

/** Makes ready a flow that is saved nowhere but with its session. @throws AppError FLOW_INVALID */
export async function compileOwnFlow(flows: Pick<Flows, 'compile'>, accountId: string, own: OwnFlow): Promise<PlannedFlow> {
  return { compiled: await flows.compile({ ...own, accountId }, 'Flow.'), own };
}

function chooseCallerId(callerId: string, owned: readonly OwnedNumber[], random: Random): OwnedNumber {
  if (callerId !== '') {
    const match = owned.find((number) => number.e164 === callerId);
    if (!match) throw memberError('CALLER_ID_NOT_OWNED', {}, 'CallerId');
    return match;
  }
  const chosen = owned[random.below(Math.max(1, owned.length))];
  if (!chosen) throw memberError('NO_CALLER_ID', {}, 'CallerId');
  return chosen;
}
