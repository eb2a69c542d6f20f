import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { markup, nothing } from '../formats/html-markup.ts';
import { htmlPage } from '../formats/html-page.ts';
import { fieldOf, parseAddress, parseFields } from './address.ts';
import { setPageHeaders } from './page-headers.ts';
import { SIGN_IN_PATH, safeReturnPath } from './return-path.ts';

/** Where people are led who came to sign in and nothing else. */
const AFTERWARDS = '/metadata';

/** The page on which people sign in, to which they are led from every page that needs it (servicestack.md 3.2). */
export function addLoginRoutes(app: FastifyInstance): void {
  app.get(SIGN_IN_PATH, sendSignInPage);
}

function sendSignInPage(request: FastifyRequest, reply: FastifyReply): void {
  const query = parseFields(parseAddress(request.originalUrl).query);
  const returnPath = safeReturnPath(fieldOf(query, 'redirect')) ?? AFTERWARDS;
  setPageHeaders(reply)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(signInPage(returnPath, fieldOf(query, 'failed') === '1'));
}

/** @param failed whether the page says that the last try has failed. */
function signInPage(returnPath: string, failed: boolean): string {
  const complaint = markup`<p role="alert">That did not work. Check user name and password, and try again.</p>`;
  return htmlPage({
    title: 'Sign in',
    body: markup`<main>
<h1>Sign in</h1>
${failed ? complaint : nothing}
<form method="post" action="/auth/credentials">
<input type="hidden" name="returnUrl" value="${returnPath}"/>
<label>User name <input name="userName" autocomplete="username" autocapitalize="none" spellcheck="false" required="" autofocus=""/></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required=""/></label>
<label><input name="rememberMe" type="checkbox" value="true"/> Stay signed in</label>
<button type="submit">Sign in</button>
</form>
</main>`,
  });
}
