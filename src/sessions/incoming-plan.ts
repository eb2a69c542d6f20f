import { possibleE164 } from '../directory/e164.ts';
import type { Flows } from '../directory/flows.ts';
import type { OwnedNumber, PhoneNumbers } from '../directory/phone-numbers.ts';
import type { TrunkSources } from '../directory/trunk-sources.ts';
import type { Trunk, Trunks } from '../directory/trunks.ts';
import type { PlainStruct } from '../flow/plain-value.ts';
import { AppError } from '../kernel/errors.ts';
import type { IncomingCall } from '../telephony/port.ts';
import type { CompiledFlows } from './compiled-flows.ts';
import type { PlannedFlow } from './outgoing-plan.ts';

/** Where the facts about those who call, and are called, come from. */
export interface IncomingDirectory {
  readonly flows: Pick<Flows, 'load'>;
  readonly compiledFlows: Pick<CompiledFlows, 'of'>;
  readonly phoneNumbers: Pick<PhoneNumbers, 'ownedVoiceNumbers'>;
  readonly trunks: Pick<Trunks, 'ofAccount'>;
  readonly trunkSources: Pick<TrunkSources, 'at'>;
}

/** Why a call is not taken. */
export type RefusalReason = 'unknown-source' | 'unknown-number' | 'no-flow' | 'no-capacity' | 'stopping' | 'store-unavailable' | 'failed';

/** A call that is not taken, and the SIP status that says so. */
export interface Refusal {
  readonly refused: RefusalReason;
  readonly status: number;
}

/** A call that may be answered, with everything that it needs. */
export interface IncomingPlan {
  readonly accountId: string;
  /** What was called. */
  readonly endpointId: string;
  readonly trunk: Trunk;
  readonly flow: PlannedFlow;
  readonly parameters: PlainStruct;
  readonly from: string;
  readonly to: string;
}

const unknownSource: Refusal = { refused: 'unknown-source', status: 403 };
const unknownNumber: Refusal = { refused: 'unknown-number', status: 404 };
const noFlow: Refusal = { refused: 'no-flow', status: 404 };

/** What a caller may be called when it is no number. */
const ADDRESS_LENGTH = 64;
const NO_NAME = 'anonymous';

/**
 * Finds what an incoming call is for: the number that was called has to belong to an account with a trunk at the address that the call
 * comes from. Nothing that the caller can write makes a call that goes out.
 * @throws AppError STORE_UNAVAILABLE
 */
export async function planIncoming(call: IncomingCall, directory: IncomingDirectory): Promise<IncomingPlan | Refusal> {
  const trunks = await trunksOf(call, directory);
  if (trunks.length === 0) return unknownSource;
  for (const trunk of trunks) {
    const owned = await directory.phoneNumbers.ownedVoiceNumbers(trunk.accountId);
    const called = calledNumber(call, owned);
    if (called) return planFor(call, trunk, called, directory);
  }
  return unknownNumber;
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

/** Carriers name the number in the Request-URI, or only in To when they call the user name of the trunk. */
function calledNumber({ dialled, to }: IncomingCall, owned: readonly OwnedNumber[]): OwnedNumber | undefined {
  for (const user of [dialled, to]) {
    const e164 = numberOf(user);
    const found = e164 === undefined ? undefined : owned.find((number) => number.e164 === e164);
    if (found) return found;
  }
  return undefined;
}

async function planFor(
  call: IncomingCall,
  trunk: Trunk,
  { endpointId, e164, flow }: OwnedNumber,
  { flows, compiledFlows }: IncomingDirectory,
): Promise<IncomingPlan | Refusal> {
  const { accountId } = trunk;
  const stored = flow && (await flows.load(flow.flowId));
  if (!flow || stored?.accountId !== accountId) return noFlow;
  try {
    const compiled = compiledFlows.of(stored);
    return { accountId, endpointId, trunk, flow: { compiled }, parameters: flow.parameters, from: callerOf(call.from), to: e164 };
  } catch (error) {
    if (error instanceof AppError && error.code === 'FLOW_INVALID') return noFlow;
    throw error;
  }
}

/** A number as carriers write it: with +, with 00, or with neither before the country code; undefined for anything else. */
function numberOf(user: string): string | undefined {
  const [number = ''] = user.split(';', 1);
  return possibleE164(number.startsWith('00') ? `+${number.slice(2)}` : number.startsWith('+') ? number : `+${number}`);
}

/** How a session names its caller: by the number where it is one, else as it came, without what cannot be stored. */
function callerOf(user: string): string {
  const text = user.replace(/\p{Cc}|\p{Cs}/gu, '').slice(0, ADDRESS_LENGTH);
  return numberOf(user) ?? (text === '' ? NO_NAME : text);
}
