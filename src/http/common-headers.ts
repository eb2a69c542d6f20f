import type { FastifyReply, FastifyRequest } from 'fastify';

const ALLOWED_METHODS = 'GET, POST, PUT, DELETE, PATCH, OPTIONS, HEAD';

/** For any origin, which never gets an answer that depends on the cookies of a user. */
const forEverybody: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'access-control-allow-origin': '*',
  'access-control-allow-methods': ALLOWED_METHODS,
  'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, Prefer, X-Http-Method-Override',
  'access-control-expose-headers': 'Location, X-AutoBatch-Completed, Retry-After, Preference-Applied, WWW-Authenticate',
  'access-control-max-age': '600',
};

export type SetCommonHeaders = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Sets the headers that every answer carries: what a browser may do with it on a page of another origin (servicestack.md 1.6; 10, D8),
 * that it depends on `Accept`, and that its type is not to be guessed.
 * @param origins those whose pages may use the cookies of a user.
 */
export function commonHeaders(origins: readonly string[] = []): SetCommonHeaders {
  const open = { ...forEverybody, vary: origins.length === 0 ? 'Accept' : 'Accept, Origin' };
  const trusted = new Map(
    origins.map((origin) => [origin, { ...open, 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }]),
  );
  return (request, reply) => {
    const { origin } = request.headers;
    reply.headers((origin !== undefined && trusted.get(origin)) || open);
  };
}

/** Answers OPTIONS of every path, known or not. */
export function answerOptions(_request: FastifyRequest, reply: FastifyReply): void {
  reply.header('allow', ALLOWED_METHODS).code(200).send();
}
