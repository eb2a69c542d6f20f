import type { FastifyRequest } from 'fastify';
import type { Operation } from '../contracts/dto.ts';
import type { Principal } from '../directory/principal.ts';
import { AppError } from '../kernel/errors.ts';
import { principalOf, requireAccess } from './auth.ts';
import type { ServingOptions } from './serving-options.ts';

/**
 * Who sends requests to an operation, if they may.
 * @param count how many requests, for the rate that a login may send them at.
 * @throws AppError NOT_AUTHENTICATED, FORBIDDEN_ROLE, TOO_MANY_REQUESTS; WRONG_PASSWORD, TOO_MANY_SIGN_INS.
 */
export async function admit(
  { auth }: Operation,
  request: FastifyRequest,
  { services, rate }: ServingOptions,
  count = 1,
): Promise<Principal | undefined> {
  if (auth === 'public') return undefined;
  const principal = await principalOf(request.headers, request.ip, services.signIn);
  requireAccess(auth, principal);
  if (rate && principal) {
    const wait = Math.ceil(rate.take(principal.userId, count));
    if (wait > 0) throw new AppError('TOO_MANY_REQUESTS', { limit: rate.perSecond, seconds: wait }, { retryAfterSeconds: wait });
  }
  return principal;
}
