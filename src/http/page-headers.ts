import type { FastifyReply } from 'fastify';

const policy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For a page for people: it runs no script, loads nothing, shows in no frame, and does not say where its readers came from. */
export function setPageHeaders(reply: FastifyReply): FastifyReply {
  return reply.header('content-security-policy', policy).header('referrer-policy', 'same-origin');
}
