const MAX_LENGTH = 2000;

/** The page on which people sign in. */
export const SIGN_IN_PATH = '/login';

/** An address of this server, as far as it can stand in a header: no other host can be named, by `//` or by what browsers take for it. */
const LOCAL_PATH = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/;

/**
 * `text` if it is a path of this server, to which a browser may be sent after signing in; undefined for everything else, above all for
 * addresses of other servers.
 */
export function safeReturnPath(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= MAX_LENGTH && LOCAL_PATH.test(text) ? text : undefined;
}

/** The address of the sign-in page that leads back to `returnPath`. @param failed whether it says that the last try has failed. */
export function signInPath(returnPath: string, failed = false): string {
  return `${SIGN_IN_PATH}?redirect=${encodeURIComponent(returnPath)}${failed ? '&failed=1' : ''}`;
}
