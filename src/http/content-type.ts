import type { FastifyRequest } from 'fastify';

const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;|$)/;

/**
 * Makes a `Content-Type` that is no media type one that nobody knows: its body is then no request, or what a predefined route says
 * (servicestack.md 1.2, 1.4). The framework would refuse it with 415, before anything else is looked at.
 */
export function tolerateContentType({ headers }: FastifyRequest): void {
  const type = headers['content-type'];
  if (type !== undefined && !MEDIA_TYPE.test(type)) headers['content-type'] = 'application/octet-stream';
}
