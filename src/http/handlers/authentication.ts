import {
  AssignRoles,
  Authenticate,
  GetAccessToken,
  GetAuthStatus,
  RequestAuthToken,
  UnAssignRoles,
} from '../../contracts/authentication.ts';
import type { RequestOf, ResponseOf } from '../../contracts/dto.ts';
import { AppError, memberError } from '../../kernel/errors.ts';
import type { Caller } from '../auth.ts';
import { tokenCookieOf } from '../cookies.ts';
import { type BoundOperation, open, type RequestContext, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';
import { authenticate } from './authenticate.ts';
import { holdsSecret } from './holds-secret.ts';

/** Sign-in, tokens and roles (servicestack.md 4.1; evo-voice.md 1.3). */
export function authenticationHandlers(services: Services): readonly BoundOperation[] {
  const { authTokens, userRoles, users } = services;
  return [
    open(Authenticate, (request, context) => authenticate(request, context, services)),
    open(GetAuthStatus, async (_request, context) => {
      const caller = await callerOrNobody(context);
      return caller && users.info(caller.principal);
    }),
    signedIn(RequestAuthToken, (principal, request, context) => {
      holdsSecret(context.answer);
      return authTokens.request(principal, request);
    }),
    open(GetAccessToken, (request, context) => refresh(request, context, services)),
    signedIn(AssignRoles, (principal, request) => userRoles.assign(principal, request)),
    signedIn(UnAssignRoles, (principal, request) => userRoles.unassign(principal, request)),
  ];
}

/** Wrong credentials are as good as none where nobody needs to be signed in. */
async function callerOrNobody(context: RequestContext): Promise<Caller | undefined> {
  try {
    return await context.caller();
  } catch (error) {
    if (error instanceof AppError && error.code === 'WRONG_PASSWORD') return undefined;
    throw error;
  }
}

/** A new token for an open login, whose id is the refresh token: with the login ends the right to new tokens. */
async function refresh(
  request: RequestOf<typeof GetAccessToken>,
  context: RequestContext,
  { signIn, authTokens }: Services,
): Promise<ResponseOf<typeof GetAccessToken>> {
  const { refreshToken = '', useTokenCookie } = request;
  if (refreshToken === '') throw memberError('REQUIRED', { member: 'RefreshToken', hint: 'what signing in has answered.' }, 'RefreshToken');
  const principal = await signIn.byCookie(refreshToken);
  if (!principal) throw new AppError('NOT_AUTHENTICATED', {});
  const issued = await authTokens.issue(principal);
  holdsSecret(context.answer);
  if (useTokenCookie !== true) return { accessToken: issued.token };
  context.answer.headers['set-cookie'] = [tokenCookieOf(issued, { secure: context.secure })];
  return {};
}
