import type { EndpointInfo } from '../contracts/endpoints.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId } from '../kernel/ids.ts';
import type { Author } from '../store/audit.ts';
import type { EndpointRepository, EndpointValues, StoredEndpointType } from '../store/endpoint-repository.ts';
import { isReferenced } from '../store/store-error.ts';

/**
 * Stores an endpoint and answers it as the API shows it.
 * @throws AppError NOT_FOUND when the account does not exist; the database's error for a number that is taken
 */
export async function createEndpoint(
  endpoints: EndpointRepository,
  key: { readonly id: string; readonly accountId: string; readonly type: StoredEndpointType; readonly displayName: string },
  values: EndpointValues,
  author: Author,
): Promise<EndpointInfo> {
  if (!isId(key.accountId)) throw noAccount();
  try {
    await endpoints.create(key, values, author);
  } catch (error) {
    throw isReferenced(error) ? noAccount() : error;
  }
  const made = await endpoints.find(key.id);
  if (!made) throw new AppError('NOT_FOUND', { kind: 'endpoint' });
  return made;
}

function noAccount(): AppError {
  return memberError('NOT_FOUND', { kind: 'account' }, 'AccountId');
}
