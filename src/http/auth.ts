import type { IncomingHttpHeaders } from 'node:http';
import type { Operation } from '../contracts/dto.ts';
import { hasAnyRole, type Principal } from '../directory/principal.ts';
import { isApiKey } from '../directory/secrets.ts';
import { AppError } from '../kernel/errors.ts';
import { type Cookies, loginCookies, parseCookies, tokenCookie } from './cookies.ts';
import type { Services } from './services.ts';

/** How one can sign in, for `WWW-Authenticate`. Basic comes first, so that .NET clients repeat the request (servicestack.md 10, D6). */
export const challenges: readonly string[] = ['Basic realm="/auth/basic"', 'credentials realm="/auth/credentials"'];

/** Longer ones are no password of ours and only cost time. */
const MAX_BASIC_LENGTH = 2048;

/** Who sent a request, and how that is known. */
export interface Caller {
  readonly principal: Principal;
  readonly provider: 'credentials' | 'basic' | 'apikey' | 'jwt';
  /** The id of the open login that the request carries, if it is known by that. */
  readonly loginId?: string;
}

/**
 * Who sent a request (servicestack.md 4.2): Basic or Bearer, else an open login by header or cookie, else a token by cookie; undefined
 * for nobody. A request with an `Authorization` header is judged by that alone.
 * @param source address of the client, by which failed sign-ins are counted.
 * @throws AppError WRONG_PASSWORD, TOO_MANY_SIGN_INS.
 */
export async function callerOf(headers: IncomingHttpHeaders, source: string, signIn: Services['signIn']): Promise<Caller | undefined> {
  if (headers.authorization !== undefined) return callerByHeader(headers.authorization, source, signIn);
  const cookies = parseCookies(headers.cookie);
  for (const loginId of idsOf(headers, cookies)) {
    const principal = await signIn.byCookie(loginId);
    if (principal) return { principal, provider: 'credentials', loginId };
  }
  return callerByToken(cookies[tokenCookie] ?? '', signIn);
}

/** The principal of `callerOf`. @throws AppError WRONG_PASSWORD, TOO_MANY_SIGN_INS. */
export async function principalOf(
  headers: IncomingHttpHeaders,
  source: string,
  signIn: Services['signIn'],
): Promise<Principal | undefined> {
  return (await callerOf(headers, source, signIn))?.principal;
}

async function callerByHeader(header: string, source: string, signIn: Services['signIn']): Promise<Caller | undefined> {
  const basic = parseBasic(header);
  if (!basic) return callerByToken(parseBearer(header), signIn);
  // No login has an empty password: it is an API key.
  if (basic.password === '') return callerOfKind('apikey', await signIn.byApiKey(basic.userName));
  return callerOfKind('basic', await signIn.byPassword(basic.userName, basic.password, source));
}

async function callerByToken(token: string, signIn: Services['signIn']): Promise<Caller | undefined> {
  if (token === '') return undefined;
  return callerOfKind(isApiKey(token) ? 'apikey' : 'jwt', await signIn.byBearer(token));
}

function callerOfKind(provider: Caller['provider'], principal: Principal | undefined): Caller | undefined {
  return principal && { principal, provider };
}

/** User name and password of a Basic `Authorization` header (RFC 7617); undefined for any other or a broken one. */
export function parseBasic(header: string): { userName: string; password: string } | undefined {
  if (header.length > MAX_BASIC_LENGTH || header.slice(0, 6).toLowerCase() !== 'basic ') return undefined;
  const text = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The token of a Bearer `Authorization` header (RFC 6750 section 2.1); empty for any other. */
function parseBearer(header: string): string {
  return header.slice(0, 7).toLowerCase() === 'bearer ' ? header.slice(7).trim() : '';
}

/** The ids of logins that a request carries, by header or cookie, each once. */
export function loginIds(headers: IncomingHttpHeaders): string[] {
  return idsOf(headers, parseCookies(headers.cookie));
}

function idsOf(headers: IncomingHttpHeaders, cookies: Cookies): string[] {
  const ids = [headers['x-ss-id'], headers['x-ss-pid'], cookies[loginCookies.temporary], cookies[loginCookies.permanent]].filter(
    (id) => typeof id === 'string' && id !== '',
  );
  return [...new Set(ids)].map(String);
}

/** @throws AppError NOT_AUTHENTICATED, then FORBIDDEN_ROLE (servicestack.md 1.5). */
export function requireAccess(auth: Operation['auth'], principal: Principal | undefined): void {
  if (auth === 'public') return;
  if (!principal) throw new AppError('NOT_AUTHENTICATED', {});
  if (auth !== 'login' && !hasAnyRole(principal, auth)) throw new AppError('FORBIDDEN_ROLE', {});
}
