import type { RequestOf } from '../contracts/dto.ts';
import type { NewOutgoingSession } from '../contracts/sessions.ts';
import { possibleE164 } from '../directory/e164.ts';
import type { Flows, StoredFlow } from '../directory/flows.ts';
import type { OwnedNumber, PhoneNumbers } from '../directory/phone-numbers.ts';
import { mayAccess, type Principal } from '../directory/principal.ts';
import type { Trunk, Trunks } from '../directory/trunks.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';

/** Where the facts about accounts come from. */
export interface OutgoingDirectory {
  readonly flows: Pick<Flows, 'load'>;
  readonly phoneNumbers: Pick<PhoneNumbers, 'ownedVoiceNumbers'>;
  readonly trunks: Pick<Trunks, 'ofAccount'>;
}

/** A request that may be carried out, with everything it needs. */
export interface OutgoingPlan {
  readonly flow: StoredFlow;
  /** The E.164 number to dial. */
  readonly to: string;
  readonly callerId: OwnedNumber;
  /** The trunks that the account owns; at least one. */
  readonly trunks: readonly Trunk[];
}

const requiredMembers = ['FlowId', 'NumberToDial'] as const;
type RequiredMember = (typeof requiredMembers)[number];

const hints: Record<RequiredMember, string> = {
  FlowId: 'the id of the flow to run when the call is answered.',
  NumberToDial: 'the E.164 number to dial, for example +18144043093.',
};

/**
 * Checks a request for an outgoing call. The account is the one of the flow.
 * @throws AppError REQUIRED, NUMBER_NOT_POSSIBLE, FLOW_NOT_FOUND, CALLER_ID_NOT_OWNED, NO_CALLER_ID, NO_TRUNK
 */
export async function planOutgoing(
  principal: Principal,
  request: RequestOf<typeof NewOutgoingSession>,
  directory: OutgoingDirectory,
  random: Random,
): Promise<OutgoingPlan> {
  const flowId = request.flowId ?? '';
  const numberToDial = request.numberToDial ?? '';
  requireMembers({ FlowId: flowId, NumberToDial: numberToDial });
  const to = possibleE164(numberToDial);
  if (to === undefined) throw memberError('NUMBER_NOT_POSSIBLE', {}, 'NumberToDial');

  const flow = await directory.flows.load(flowId);
  if (!flow || !mayAccess(principal, flow.accountId)) throw memberError('FLOW_NOT_FOUND', {}, 'FlowId');

  const owned = await directory.phoneNumbers.ownedVoiceNumbers(flow.accountId);
  const callerId = chooseCallerId(request.callerId ?? '', owned, random);
  const trunks = await directory.trunks.ofAccount(flow.accountId);
  if (trunks.length === 0) throw new AppError('NO_TRUNK', {}, { retryAfterSeconds: 60 });
  return { flow, to, callerId, trunks };
}

function requireMembers(values: Readonly<Record<RequiredMember, string>>): void {
  const missing = requiredMembers.filter((member) => values[member] === '');
  const [first] = missing;
  if (first === undefined) return;
  const fields = missing.flatMap((member) => memberError('REQUIRED', { member, hint: hints[member] }, member).fields);
  throw new AppError('REQUIRED', { member: first, hint: hints[first] }, { fields });
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
