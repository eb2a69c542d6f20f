import type { EndpointFlow } from '../directory/endpoint-flow.ts';
import type { Flows } from '../directory/flows.ts';
import type { OwnedNumber, PhoneNumbers } from '../directory/phone-numbers.ts';
import type { SipUserDirectory } from '../directory/sip-users.ts';
import type { TrunkSources } from '../directory/trunk-sources.ts';
import type { Trunk, Trunks } from '../directory/trunks.ts';
import type { PlainStruct } from '../flow/plain-value.ts';
import { AppError } from '../kernel/errors.ts';
import type { AnswerRequest, IncomingCall } from '../telephony/port.ts';
import type { CompiledFlows } from './compiled-flows.ts';
import { addressOf } from './incoming-address.ts';
import { calledNumber, callersOf, type Forwarding, forwardingOf } from './incoming-numbers.ts';
import type { PlannedFlow } from './outgoing-plan.ts';
import { limitOfUser, type TrunkLimit } from './trunk-limits.ts';

/** Where the facts about those who call, and are called, come from. */
export interface IncomingDirectory {
  readonly flows: Pick<Flows, 'load'>;
  readonly compiledFlows: Pick<CompiledFlows, 'of'>;
  readonly phoneNumbers: Pick<PhoneNumbers, 'ownedVoiceNumbers'>;
  readonly trunks: Pick<Trunks, 'ofAccount'>;
  readonly trunkSources: Pick<TrunkSources, 'at'>;
  readonly users: Pick<SipUserDirectory, 'find' | 'any'>;
}

/** Why a call is not taken. */
export type RefusalReason = 'unknown-source' | 'unknown-number' | 'no-flow' | 'no-capacity' | 'stopping' | 'store-unavailable' | 'failed';

/** A call that is not taken, and the SIP status that says so. */
export interface Refusal {
  readonly refused: RefusalReason;
  readonly status: number;
}

/** How the audio of its calls is answered. */
export type LineMedia = Pick<AnswerRequest, 'srtp' | 'codecs' | 'digits' | 'inbandDigits' | 'rtpSource'>;

/** What a call comes by: a trunk, or the phone of a user. */
export interface IncomingLine {
  /** How many calls it may have, under a name of its own. */
  readonly limit: TrunkLimit;
  readonly trunkId?: string;
  readonly userId?: string;
  readonly media: LineMedia;
}

/** A call that may be answered, with everything that it needs. */
export interface IncomingPlan extends Forwarding {
  readonly accountId: string;
  /** What was called. */
  readonly endpointId: string;
  readonly line: IncomingLine;
  readonly flow: PlannedFlow;
  readonly parameters: PlainStruct;
  readonly from: string;
  /** Whom From names, when the carrier asserts that somebody else calls. */
  readonly writtenFrom?: string;
  readonly to: string;
}

const unknownSource: Refusal = { refused: 'unknown-source', status: 403 };
const unknownNumber: Refusal = { refused: 'unknown-number', status: 404 };
const noFlow: Refusal = { refused: 'no-flow', status: 404 };
/** A user who may not dial. */
const noFlowOfUser: Refusal = { refused: 'no-flow', status: 403 };

/**
 * Finds what an incoming call is for. By a trunk it is for a number of the account of that trunk; from a user, who has to show the password
 * for each call, it runs the flow of that user. Nothing that a caller can write makes a call that goes out.
 * @returns 'answered' when the caller was asked for a password or has shown a wrong one.
 * @throws AppError STORE_UNAVAILABLE
 */
export async function planIncoming(call: IncomingCall, directory: IncomingDirectory): Promise<IncomingPlan | Refusal | 'answered'> {
  const trunks = call.hasCredentials ? [] : await trunksOf(call, directory);
  for (const trunk of trunks) {
    const owned = await directory.phoneNumbers.ownedVoiceNumbers(trunk.accountId);
    const called = calledNumber(call, trunk, owned);
    if (called) return planOfNumber(call, trunk, called, directory);
  }
  // A phone may be where a carrier is: on one machine, or behind one router.
  const mayBeUser = trunks.length === 0 ? await directory.users.any() : (await directory.users.find(call.from)) !== undefined;
  if (mayBeUser) return planOfUser(call, directory);
  return trunks.length === 0 ? unknownSource : unknownNumber;
}

async function planOfUser(call: IncomingCall, directory: IncomingDirectory): Promise<IncomingPlan | Refusal | 'answered'> {
  const calling = await call.identify();
  if (!calling) return 'answered';
  const { userId, userName } = calling;
  const user = await directory.users.find(userName);
  const flow = user?.userId === userId ? await runnable(user.accountId, user.flow, directory) : undefined;
  if (!user || !flow) return noFlowOfUser;
  return {
    ...flow,
    accountId: user.accountId,
    endpointId: userId,
    line: { limit: limitOfUser(userId), userId, media: { srtp: 'optional', ...(user.digits && { digits: user.digits }) } },
    from: userName,
    to: addressOf(call.dialled),
  };
}

/** The trunks that the call may have come by, those with its port first. A trunk over TLS takes no calls in clear. */
async function trunksOf({ source }: IncomingCall, { trunkSources, trunks }: IncomingDirectory): Promise<Trunk[]> {
  const found: Trunk[] = [];
  for (const { trunkId, accountId } of await trunkSources.at(source.address)) {
    const trunk = (await trunks.ofAccount(accountId)).find((one) => one.trunkId === trunkId);
    if (trunk?.targets.some(({ transport }) => transport !== 'tls' || source.transport === 'tls')) found.push(trunk);
  }
  const samePort = ({ targets }: Trunk): number => (targets.some(({ port }) => port === source.port) ? 0 : 1);
  return found.sort((one, other) => samePort(one) - samePort(other));
}

async function planOfNumber(
  call: IncomingCall,
  trunk: Trunk,
  { endpointId, e164, flow }: OwnedNumber,
  directory: IncomingDirectory,
): Promise<IncomingPlan | Refusal> {
  const { accountId, trunkId, srtp, codecs, digits, inbandDigits, rtpSource } = trunk;
  const found = await runnable(accountId, flow, directory);
  if (!found) return noFlow;
  return {
    ...found,
    accountId,
    endpointId,
    line: { limit: trunk, trunkId, media: { srtp, inbandDigits, rtpSource, ...(codecs && { codecs }), ...(digits && { digits }) } },
    ...callersOf(call, trunk),
    ...forwardingOf(call, trunk, e164),
    to: e164,
  };
}

/** The flow of what is called, if it can be run. */
async function runnable(
  accountId: string,
  flow: EndpointFlow | undefined,
  { flows, compiledFlows }: IncomingDirectory,
): Promise<Pick<IncomingPlan, 'flow' | 'parameters'> | undefined> {
  const stored = flow && (await flows.load(flow.flowId));
  if (!flow || stored?.accountId !== accountId) return undefined;
  try {
    return { flow: { compiled: compiledFlows.of(stored) }, parameters: flow.parameters };
  } catch (error) {
    if (error instanceof AppError && error.code === 'FLOW_INVALID') return undefined;
    throw error;
  }
}
