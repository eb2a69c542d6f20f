import type { Authenticate, AuthenticateResponse } from '../../contracts/authentication.ts';
import type { RequestOf } from '../../contracts/dto.ts';
import type { Principal } from '../../directory/principal.ts';
import { AppError, memberError } from '../../kernel/errors.ts';
import { cookiesOf, expiredCookies } from '../cookies.ts';
import type { RequestContext } from '../handler.ts';
import { safeReturnPath, signInPath } from '../return-path.ts';
import type { Services } from '../services.ts';
import { holdsSecret } from './holds-secret.ts';

type AuthenticateRequest = RequestOf<typeof Authenticate>;

/**
 * Signing in, signing out and who am I, by provider and verb (servicestack.md 4.1).
 * @throws AppError REQUIRED, WRONG_PASSWORD, TOO_MANY_SIGN_INS, NOT_AUTHENTICATED, SIGN_IN_BY_GET, NO_SUCH_PROVIDER
 */
export async function authenticate(
  request: AuthenticateRequest,
  context: RequestContext,
  services: Services,
): Promise<AuthenticateResponse> {
  holdsSecret(context.answer);
  const deletes = context.verb === 'DELETE';
  switch (providerOf(request)) {
    case '':
    case 'basic':
    case 'jwt':
    case 'apikey':
      return deletes ? signOut(context, services) : whoAmI(context);
    case 'credentials':
    case 'login':
      if (deletes) return signOut(context, services);
      if (context.verb === 'GET') throw new AppError('SIGN_IN_BY_GET', {});
      return leadBack(request, context, signInByPassword(request, context, services));
    case 'logout':
      return leadBack(request, context, signOut(context, services));
    default:
      throw new AppError('NO_SUCH_PROVIDER', { provider: request.provider ?? '' });
  }
}

/** Without a provider, a user name or password means that somebody wants to sign in. */
function providerOf(request: AuthenticateRequest): string {
  const given = request.provider?.toLowerCase() ?? '';
  if (given !== '') return given;
  return request.userName === undefined && request.password === undefined ? '' : 'credentials';
}

async function whoAmI(context: RequestContext): Promise<AuthenticateResponse> {
  const caller = await context.caller();
  if (!caller) throw new AppError('NOT_AUTHENTICATED', {});
  const { principal, provider, loginId } = caller;
  return { ...responseOf(principal, provider), ...(loginId !== undefined && { sessionId: loginId }) };
}

/** The login gets new ids, and those that the request came with end: nobody can have planted them (session fixation). */
async function signInByPassword(
  request: AuthenticateRequest,
  context: RequestContext,
  { signIn, authTokens }: Services,
): Promise<AuthenticateResponse> {
  const { userName = '', password = '' } = request;
  requireBoth(userName, password);
  const principal = await signIn.byPassword(userName, password, context.source);
  await closeLogins(context, signIn);
  const permanent = request.rememberMe === true;
  const login = await signIn.open(principal, { permanent });
  const sessionId = permanent ? login.permanentId : login.temporaryId;
  const { token } = await authTokens.issue(principal);
  context.answer.headers['set-cookie'] = cookiesOf(login, { permanent, secure: context.secure });
  return {
    ...responseOf(principal, 'credentials'),
    sessionId,
    bearerToken: token,
    refreshToken: sessionId,
    refreshTokenExpiry: new Date(login.expiresAtMs).toISOString(),
  };
}

async function signOut(context: RequestContext, { signIn }: Services): Promise<AuthenticateResponse> {
  await closeLogins(context, signIn);
  context.answer.headers['set-cookie'] = expiredCookies({ secure: context.secure });
  return {};
}

async function closeLogins(context: RequestContext, signIn: Services['signIn']): Promise<void> {
  await Promise.all(context.loginIds().map((id) => signIn.close(id)));
}

/** Lets a browser go on to its `returnUrl` on this server, or back to the page to sign in on when the password was wrong. */
async function leadBack(
  { returnUrl }: AuthenticateRequest,
  { wantsHtml, answer }: RequestContext,
  answering: Promise<AuthenticateResponse>,
): Promise<AuthenticateResponse> {
  const returnPath = wantsHtml ? safeReturnPath(returnUrl) : undefined;
  if (returnPath === undefined) return answering;
  try {
    const response = await answering;
    answer.redirect = returnPath;
    return response;
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'WRONG_PASSWORD' && error.code !== 'REQUIRED')) throw error;
    answer.redirect = signInPath(returnPath, true);
    return {};
  }
}

const credentials = { UserName: 'the e-mail address of the login.', Password: 'the password of the login.' };

/** One entry for each that is missing, as the original validates (servicestack.md 4.1). */
function requireBoth(userName: string, password: string): void {
  const missing = Object.entries(credentials)
    .map(([member, hint]) => ({ member, hint }))
    .filter(({ member }) => (member === 'UserName' ? userName : password) === '');
  const [first] = missing;
  if (!first) return;
  throw new AppError('REQUIRED', first, { fields: missing.flatMap((one) => memberError('REQUIRED', one, one.member).fields) });
}

function responseOf(principal: Principal, authProvider: string): AuthenticateResponse {
  const names = [principal.firstName, principal.lastName].filter((name) => name !== undefined && name !== '');
  return {
    userId: principal.userId,
    userName: principal.emailAddress,
    displayName: names.length > 0 ? names.join(' ') : principal.emailAddress,
    roles: [...principal.roles],
    permissions: [],
    authProvider,
  };
}
