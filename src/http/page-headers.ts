import type { FastifyReply } from 'fastify';
import { pagePolicy } from '../formats/html-page.ts';

/** For a page for people: what its policy says, and other sites do not learn its address from the links on it. */
export function setPageHeaders(reply: FastifyReply): FastifyReply {
  return reply.header('content-security-policy', pagePolicy).header('referrer-policy', 'same-origin');
}
