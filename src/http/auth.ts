import type { IncomingHttpHeaders } from 'node:http';
import type { Operation } from '../contracts/dto.ts';
import { hasAnyRole, type Principal } from '../directory/principal.ts';
import { AppError } from '../kernel/errors.ts';
import { loginCookies, parseCookies } from './cookies.ts';
import type { Services } from './services.ts';

/** How one can sign in, for `WWW-Authenticate`. Basic comes first, so that .NET clients repeat the request (servicestack.md 10, D6). */
export const challenges: readonly string[] = ['Basic realm="/auth/basic"', 'credentials realm="/auth/credentials"'];

/** Longer ones are no password of ours and only cost time. */
const MAX_BASIC_LENGTH = 2048;

/**
 * Who sent a request (servicestack.md 4.2): Basic, else an open login by header or cookie; undefined for nobody. A request with an
 * `Authorization` header is judged by that alone.
 * @param source address of the peer, by which failed sign-ins are counted.
 * @throws AppError WRONG_PASSWORD, TOO_MANY_SIGN_INS.
 */
export async function principalOf(
  headers: IncomingHttpHeaders,
  source: string,
  signIn: Services['signIn'],
): Promise<Principal | undefined> {
  if (headers.authorization !== undefined) {
    const basic = parseBasic(headers.authorization);
    return basic && signIn.byPassword(basic.userName, basic.password, source);
  }
  for (const id of loginIds(headers)) {
    const principal = await signIn.byCookie(id);
    if (principal) return principal;
  }
  return undefined;
}

/** User name and password of a Basic `Authorization` header (RFC 7617); undefined for any other or a broken one. */
export function parseBasic(header: string): { userName: string; password: string } | undefined {
  if (header.length > MAX_BASIC_LENGTH || header.slice(0, 6).toLowerCase() !== 'basic ') return undefined;
  const text = Buffer.from(header.slice(6).trim(), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { userName: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The ids of logins that a request carries, by header or cookie, each once. */
export function loginIds(headers: IncomingHttpHeaders): string[] {
  const cookies = parseCookies(headers.cookie);
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
