import { Authenticate, type AuthenticateResponse, GetAuthStatus } from '../../contracts/accounts.ts';
import type { RequestOf } from '../../contracts/dto.ts';
import type { Principal } from '../../directory/principal.ts';
import { AppError, memberError } from '../../kernel/errors.ts';
import { cookiesOf, expiredCookies } from '../cookies.ts';
import { type BoundOperation, open, type RequestContext } from '../handler.ts';
import type { Services } from '../services.ts';

type AuthenticateRequest = RequestOf<typeof Authenticate>;

/** Sign-in, sign-out and who am I (servicestack.md 4.1). */
export function authenticationHandlers({ signIn, users }: Services): readonly BoundOperation[] {
  return [
    open(Authenticate, (request, context) => authenticate(request, context, signIn)),
    open(GetAuthStatus, async (_request, context) => {
      const principal = await principalOrNobody(context);
      return principal && users.info(principal);
    }),
  ];
}

async function authenticate(
  request: AuthenticateRequest,
  context: RequestContext,
  signIn: Services['signIn'],
): Promise<AuthenticateResponse> {
  switch (providerOf(request)) {
    case '':
    case 'basic':
      return whoAmI(context);
    case 'credentials':
    case 'login':
      if (context.verb === 'GET') throw new AppError('SIGN_IN_BY_GET', {});
      return signInByPassword(request, context, signIn);
    case 'logout':
      return signOut(context, signIn);
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
  const principal = await context.principal();
  if (!principal) throw new AppError('NOT_AUTHENTICATED', {});
  return responseOf(principal, context.loginIds()[0]);
}

async function signInByPassword(
  request: AuthenticateRequest,
  context: RequestContext,
  signIn: Services['signIn'],
): Promise<AuthenticateResponse> {
  const { userName = '', password = '' } = request;
  requireBoth(userName, password);
  const principal = await signIn.byPassword(userName, password, context.source);
  const permanent = request.rememberMe === true;
  const login = await signIn.open(principal, { permanent });
  context.answer.headers['set-cookie'] = cookiesOf(login, { permanent, secure: context.secure });
  return responseOf(principal, permanent ? login.permanentId : login.temporaryId);
}

async function signOut(context: RequestContext, signIn: Services['signIn']): Promise<AuthenticateResponse> {
  await Promise.all(context.loginIds().map((id) => signIn.close(id)));
  context.answer.headers['set-cookie'] = expiredCookies({ secure: context.secure });
  return {};
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

function responseOf(principal: Principal, sessionId: string | undefined): AuthenticateResponse {
  const names = [principal.firstName, principal.lastName].filter((name) => name !== undefined && name !== '');
  return {
    userId: principal.userId,
    ...(sessionId === undefined ? {} : { sessionId }),
    userName: principal.emailAddress,
    displayName: names.length > 0 ? names.join(' ') : principal.emailAddress,
    roles: [...principal.roles],
    permissions: [],
  };
}

/** Wrong credentials are as good as none where nobody needs to be signed in. */
async function principalOrNobody(context: RequestContext): Promise<Principal | undefined> {
  try {
    return await context.principal();
  } catch (error) {
    if (error instanceof AppError && error.code === 'WRONG_PASSWORD') return undefined;
    throw error;
  }
}
