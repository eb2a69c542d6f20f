import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppError } from '../kernel/errors.ts';
import { setErrorHead } from './answer.ts';
import type { Asked } from './asked.ts';
import { safeReturnPath, signInPath } from './return-path.ts';

/**
 * Answers a 401 or 403 that came before the operation where it has no body of the usual kind (servicestack.md 3.2): a person who is not
 * signed in is led to the sign-in page, and with `strictAuthBodies` clients get the bodies of the original (servicestack.md 10, D3).
 * @returns whether it has answered.
 */
export function answerAccessRefusal(
  request: FastifyRequest,
  reply: FastifyReply,
  error: AppError,
  asked: Asked,
  strictAuthBodies: boolean | undefined,
): boolean {
  if (error.code === 'NOT_AUTHENTICATED' && asked.format.name === 'html') {
    reply.redirect(signInPath(safeReturnPath(request.originalUrl) ?? '/'));
    return true;
  }
  if (!strictAuthBodies || (error.status !== 401 && error.code !== 'FORBIDDEN_ROLE')) return false;
  setErrorHead(reply, error, false);
  if (error.status === 401) reply.send();
  else reply.header('content-type', 'text/plain; charset=utf-8').send(forbidden(request));
  return true;
}

function forbidden({ method, originalUrl }: FastifyRequest): string {
  const mark = originalUrl.indexOf('?');
  const path = mark === -1 ? originalUrl : originalUrl.slice(0, mark);
  const query = mark === -1 ? '' : originalUrl.slice(mark + 1);
  return `Forbidden\n\nRequest.HttpMethod: ${method}\nRequest.PathInfo: ${path}\nRequest.QueryString: ${query}\n\n`;
}
