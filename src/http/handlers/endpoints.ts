import { BuyPhoneNumber, DeleteEndpoint, GetEndpoint, ListEndpoints, NewSipTrunk, PatchEndpoint } from '../../contracts/endpoints.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';

/** Phone numbers and SIP trunks (evo-voice.md 1.4). */
export function endpointHandlers({ endpoints, phoneNumbers, trunks }: Services): readonly BoundOperation[] {
  return [
    signedIn(BuyPhoneNumber, (principal, request) => phoneNumbers.create(principal, request)),
    signedIn(NewSipTrunk, (principal, request) => trunks.create(principal, request)),
    signedIn(ListEndpoints, (principal, request) => endpoints.list(principal, request)),
    signedIn(GetEndpoint, (principal, request) => endpoints.get(principal, request)),
    signedIn(PatchEndpoint, (principal, request) => endpoints.patch(principal, request)),
    signedIn(DeleteEndpoint, (principal, request) => endpoints.remove(principal, request)),
  ];
}
