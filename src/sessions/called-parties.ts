import type { DialledEndpoint, DialledEndpoints } from '../directory/dialled-endpoints.ts';
import { possibleE164 } from '../directory/e164.ts';
import type { SipUserDirectory } from '../directory/sip-users.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { PartyAddress } from '../flow/second-party.ts';
import type { Binding, DigitTransport } from '../telephony/port.ts';
import type { OutgoingDirectory } from './outgoing-plan.ts';
import { trunksFor } from './trunk-routes.ts';
import { writtenNumber } from './written-number.ts';

/** Where the facts about those who are called beside a call come from. */
export interface PartyDirectory extends Pick<OutgoingDirectory, 'phoneNumbers' | 'trunks'> {
  readonly endpoints: Pick<DialledEndpoints, 'find'>;
  readonly users: Pick<SipUserDirectory, 'bindings' | 'find'>;
}

/** Somebody to be called, and the way there. */
export type CalledParty =
  | { readonly kind: 'number'; readonly name: string; readonly e164: string; readonly trunks: readonly Trunk[] }
  | {
      readonly kind: 'phones';
      readonly name: string;
      readonly userId: string;
      readonly userName: string;
      /** Where the phones are that have registered; none at all, if so. */
      readonly bindings: readonly Binding[];
      /** How digits are sent to them; absent: in the audio stream. */
      readonly digits?: DigitTransport;
    };

/**
 * Who is called at this address: one, or the members of a team that are there.
 * @throws Error with a sentence for the author of the flow; AppError STORE_UNAVAILABLE
 */
export async function findParties(address: PartyAddress, accountId: string, directory: PartyDirectory): Promise<readonly CalledParty[]> {
  if ('number' in address) return [await numberParty(possibleE164(address.number) ?? impossible(), accountId, directory)];
  const endpoint = await directory.endpoints.find(accountId, address.endpointId);
  if (!endpoint) throw new Error('The account has no endpoint with this id that can be called. See GET /endpoints.');
  if (address.type !== undefined && endpoint.type !== address.type) throw new Error(`The endpoint is not of type ${address.type}.`);
  if (endpoint.type !== 'Team') return [await endpointParty(endpoint, accountId, directory)];
  const members = await Promise.all(endpoint.memberIds.map((id) => directory.endpoints.find(accountId, id)));
  const called = members.filter((member) => member !== undefined && member.type !== 'Team');
  if (called.length === 0) throw new Error('The team has no members.');
  return Promise.all(called.map((member) => endpointParty(member, accountId, directory)));
}

/**
 * Who is called at an address in the words of a telephone: the SIP name of a user of the account, which may look like a number, the id of one of
 * its endpoints, or a number; none: nobody. @throws Error for a team that has no members; AppError STORE_UNAVAILABLE
 */
export async function findAskedParties(to: string, accountId: string, directory: PartyDirectory): Promise<readonly CalledParty[]> {
  const user = to.startsWith('+') ? undefined : await directory.users.find(to);
  if (user?.accountId === accountId) {
    return [await phonesParty({ ...user, userName: to.toLowerCase() }, directory)];
  }
  if (await directory.endpoints.find(accountId, to)) return findParties({ endpointId: to }, accountId, directory);
  const e164 = writtenNumber(to);
  return e164 === undefined ? [] : [await numberParty(e164, accountId, directory)];
}

async function endpointParty(
  endpoint: Exclude<DialledEndpoint, { type: 'Team' }>,
  accountId: string,
  directory: PartyDirectory,
): Promise<CalledParty> {
  switch (endpoint.type) {
    case 'PhoneNumber':
      return numberParty(endpoint.e164, accountId, directory);
    case 'User':
      return phonesParty(endpoint, directory);
  }
}

async function phonesParty(
  { userId, userName, displayName, digits }: Omit<DialledEndpoint & { type: 'User' }, 'type'>,
  { users }: PartyDirectory,
): Promise<CalledParty> {
  const bindings = await users.bindings(userId);
  return { kind: 'phones', name: displayName || userName, userId, userName, bindings, ...(digits && { digits }) };
}

async function numberParty(e164: string, accountId: string, { trunks }: PartyDirectory): Promise<CalledParty> {
  return { kind: 'number', name: e164, e164, trunks: trunksFor(e164, await trunks.ofAccount(accountId), undefined) };
}

function impossible(): never {
  throw new Error('Number is not a possible E.164 number. Write it with + and country code, for example +18144043093.');
}
