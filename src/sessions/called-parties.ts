import type { DialledEndpoint, DialledEndpoints } from '../directory/dialled-endpoints.ts';
import { possibleE164 } from '../directory/e164.ts';
import type { SipUserDirectory } from '../directory/sip-users.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { PartyAddress } from '../flow/second-party.ts';
import type { Binding } from '../telephony/port.ts';
import type { OutgoingDirectory } from './outgoing-plan.ts';
import { trunksFor } from './trunk-routes.ts';

/** Where the facts about those who are called beside a call come from. */
export interface PartyDirectory extends Pick<OutgoingDirectory, 'phoneNumbers' | 'trunks'> {
  readonly endpoints: Pick<DialledEndpoints, 'find'>;
  readonly users: Pick<SipUserDirectory, 'bindings'>;
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
    };

/** Who is called at this address. @throws Error with a sentence for the author of the flow; AppError STORE_UNAVAILABLE */
export async function findParty(address: PartyAddress, accountId: string, directory: PartyDirectory): Promise<CalledParty> {
  if ('number' in address) return numberParty(possibleE164(address.number) ?? impossible(), accountId, directory);
  const endpoint = await directory.endpoints.find(accountId, address.endpointId);
  if (!endpoint) throw new Error('The account has no endpoint with this id that can be called. See GET /endpoints.');
  if (address.type !== undefined && endpoint.type !== address.type) throw new Error(`The endpoint is not of type ${address.type}.`);
  return endpointParty(endpoint, accountId, directory);
}

async function endpointParty(endpoint: DialledEndpoint, accountId: string, directory: PartyDirectory): Promise<CalledParty> {
  switch (endpoint.type) {
    case 'PhoneNumber':
      return numberParty(endpoint.e164, accountId, directory);
    case 'User': {
      const { userId, userName, displayName } = endpoint;
      return { kind: 'phones', name: displayName || userName, userId, userName, bindings: await directory.users.bindings(userId) };
    }
  }
}

async function numberParty(e164: string, accountId: string, { trunks }: PartyDirectory): Promise<CalledParty> {
  return { kind: 'number', name: e164, e164, trunks: trunksFor(e164, await trunks.ofAccount(accountId), undefined) };
}

function impossible(): never {
  throw new Error('Number is not a possible E.164 number. Write it with + and country code, for example +18144043093.');
}
