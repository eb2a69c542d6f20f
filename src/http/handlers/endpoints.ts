import {
  BuyPhoneNumber,
  DeleteEndpoint,
  GetEndpoint,
  ListEndpoints,
  NewSipPassword,
  NewSipTrunk,
  NewUserEndpoint,
  PatchEndpoint,
} from '../../contracts/endpoints.ts';
import { NewTeamEndpoint } from '../../contracts/teams.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';
import { holdsSecret } from './holds-secret.ts';

/** Phone numbers, users, teams and SIP trunks (evo-voice.md 1.4). */
export function endpointHandlers({ endpoints, phoneNumbers, trunks, userEndpoints, teamEndpoints }: Services): readonly BoundOperation[] {
  return [
    signedIn(BuyPhoneNumber, (principal, request) => phoneNumbers.create(principal, request)),
    signedIn(NewSipTrunk, (principal, request) => trunks.create(principal, request)),
    signedIn(NewUserEndpoint, (principal, request) => userEndpoints.create(principal, request)),
    signedIn(NewTeamEndpoint, (principal, request) => teamEndpoints.create(principal, request)),
    signedIn(NewSipPassword, (principal, request, context) => {
      holdsSecret(context.answer);
      return userEndpoints.newPassword(principal, request);
    }),
    signedIn(ListEndpoints, (principal, request) => endpoints.list(principal, request)),
    signedIn(GetEndpoint, (principal, request) => endpoints.get(principal, request)),
    signedIn(PatchEndpoint, (principal, request) => endpoints.patch(principal, request)),
    signedIn(DeleteEndpoint, (principal, request) => endpoints.remove(principal, request)),
  ];
}
