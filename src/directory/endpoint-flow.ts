import type { RequestOf } from '../contracts/dto.ts';
import type { PatchEndpoint } from '../contracts/endpoints.ts';
import type { Struct } from '../contracts/values.ts';
import { MAX_SESSION_SIZE } from '../flow/data-scopes.ts';
import { DataError, fromStruct, type PlainStruct, sizeOf } from '../flow/plain-value.ts';
import type { EndpointRow, EndpointValues } from '../store/endpoint-repository.ts';
import type { Flows } from './flows.ts';
import type { MemberChecks } from './member-checks.ts';

/** Members that say which flow runs when somebody calls an endpoint. */
export type FlowMembers = Pick<RequestOf<typeof PatchEndpoint>, 'flowId' | 'flowParams' | 'isPartialFlowUpdate'>;

/** The flow of an endpoint, as calls use it. */
export interface EndpointFlow {
  readonly flowId: string;
  /** Values for its public parameters. */
  readonly parameters: PlainStruct;
}

/** Where flows are looked up. */
export type FlowLookup = Pick<Flows, 'load'>;

/**
 * The columns for the members that are there. An empty flow id removes the flow. What is wrong is told to `checks`; a flow of another
 * account exactly as one that does not exist.
 */
export async function flowValues(
  { accountId, flowParams: before }: { readonly accountId: string; readonly flowParams?: Struct | undefined },
  { flowId, flowParams, isPartialFlowUpdate }: FlowMembers,
  flows: FlowLookup,
  checks: MemberChecks,
): Promise<EndpointValues> {
  if (flowId && (await flows.load(flowId))?.accountId !== accountId)
    checks.refuse('FlowId', 'The account has no flow with this id. See GET /flows.');
  const params = flowParams && isPartialFlowUpdate === true ? { ...before, ...flowParams } : flowParams;
  if (params) checkParams(params, checks);
  return {
    ...(flowId !== undefined && { flowId: flowId === '' ? null : flowId.toLowerCase() }),
    ...(params !== undefined && { flowParams: params }),
  };
}

/** The flow of a stored endpoint; undefined when it has none. */
export function endpointFlow({ flowId, flowParams }: Pick<EndpointRow, 'flowId' | 'flowParams'>): EndpointFlow | undefined {
  return flowId === null ? undefined : { flowId, parameters: fromStruct(flowParams ?? {}) };
}

function checkParams(params: Struct, checks: MemberChecks): void {
  try {
    if (sizeOf(fromStruct(params)) > MAX_SESSION_SIZE) checks.refuse('FlowParams', `Use at most ${MAX_SESSION_SIZE} characters.`);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    checks.refuse('FlowParams', error.message);
  }
}
