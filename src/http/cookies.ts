import { parse, serialize } from 'cookie';
import type { IssuedToken } from '../directory/bearer-tokens.ts';
import type { OpenedLogin } from './services.ts';

/** The cookies of a login (servicestack.md 4.2): `ss-id` for the browser session, `ss-pid` lasting, `ss-opt` which of them counts. */
export const loginCookies = { temporary: 'ss-id', permanent: 'ss-pid', option: 'ss-opt' } as const;

/** The cookie of a bearer token (servicestack.md 4.2). */
export const tokenCookie = 'ss-tok';

export type Cookies = Readonly<Record<string, string | undefined>>;

export interface CookieRules {
  /** Whether the cookies may only travel over TLS. */
  readonly secure: boolean;
}

/** The values of a `Cookie` header, URL-decoded. Pairs that make no sense are passed over, as clients send some (10, D9). */
export function parseCookies(header: string | undefined): Cookies {
  return header === undefined ? {} : parse(header);
}

/** The `Set-Cookie` values of a login that was opened. `Expires`, not `Max-Age`, as the original (10, D9). */
export function cookiesOf(login: OpenedLogin, rules: CookieRules & { readonly permanent: boolean }): string[] {
  const lasting = { ...base(rules), expires: new Date(login.expiresAtMs) };
  return [
    serialize(loginCookies.temporary, login.temporaryId, base(rules)),
    serialize(loginCookies.permanent, login.permanentId, lasting),
    serialize(loginCookies.option, rules.permanent ? 'perm' : 'temp', lasting),
  ];
}

/** The `Set-Cookie` value of a token, for as long as it is valid. */
export function tokenCookieOf({ token, expiresAtMs }: IssuedToken, rules: CookieRules): string {
  return serialize(tokenCookie, token, { ...base(rules), expires: new Date(expiresAtMs) });
}

/** The `Set-Cookie` values that make a client forget its login and its token. */
export function expiredCookies(rules: CookieRules): string[] {
  const gone = { ...base(rules), expires: new Date(0) };
  return [...Object.values(loginCookies), tokenCookie].map((name) => serialize(name, '', gone));
}

function base(rules: CookieRules) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: rules.secure } as const;
}
