import type { FastifyRequest } from 'fastify';
import { callerOf, loginIds } from './auth.ts';
import type { RequestContext } from './handler.ts';
import type { Services, Upload } from './services.ts';

/** What handlers may know of a request. */
export function contextOf(request: FastifyRequest, upload: Upload | undefined, signIn: Services['signIn']): RequestContext {
  const { headers, ip } = request;
  return {
    verb: verbOf(request),
    source: ip,
    secure: 'encrypted' in request.raw.socket,
    prefersRepresentation: prefersRepresentation(headers.prefer),
    idempotencyKey: headers['idempotency-key']?.toString(),
    upload,
    answer: { headers: {} },
    loginIds: () => loginIds(headers),
    caller: () => callerOf(headers, ip, signIn),
  };
}

/** The verb by which an operation is judged: HEAD is a GET whose body is not sent. */
export function verbOf(request: FastifyRequest): string {
  return request.method === 'HEAD' ? 'GET' : request.method;
}

/** Whether a `Prefer` header asks for the representation (RFC 7240 section 4.2). */
export function prefersRepresentation(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  return String(header)
    .split(',')
    .some(
      (preference) => (preference.split(';', 1)[0] ?? '').replaceAll('"', '').replaceAll(' ', '').toLowerCase() === 'return=representation',
    );
}
