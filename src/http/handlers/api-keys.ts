import { DeleteApiKey, ListApiKeys, NewApiKey } from '../../contracts/api-keys.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';
import { holdsSecret } from './holds-secret.ts';

/** API keys of the caller (servicestack.md 4.2). */
export function apiKeyHandlers({ apiKeys }: Services): readonly BoundOperation[] {
  return [
    signedIn(NewApiKey, (principal, request, context) => {
      holdsSecret(context.answer);
      return apiKeys.create(principal, request);
    }),
    signedIn(ListApiKeys, (principal, request) => apiKeys.list(principal, request)),
    signedIn(DeleteApiKey, (principal, request) => apiKeys.remove(principal, request)),
  ];
}
