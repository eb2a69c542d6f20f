import type { FastifyRequest } from 'fastify';
import type { WireFormat } from '../formats/format.ts';
import { callerOf, loginIds } from './auth.ts';
import type { RequestContext } from './handler.ts';
import { isSecure } from './public-url.ts';
import type { Upload } from './services.ts';
import type { ServingOptions } from './serving-options.ts';

/** What handlers may know of a request. */
export function contextOf(
  request: FastifyRequest,
  format: WireFormat,
  upload: Upload | undefined,
  options: ServingOptions,
): RequestContext {
  const { headers, ip } = request;
  return {
    verb: verbOf(request),
    source: ip,
    secure: isSecure(options),
    wantsHtml: format.name === 'html',
    prefersRepresentation: prefersRepresentation(headers.prefer),
    idempotencyKey: headers['idempotency-key']?.toString(),
    upload,
    answer: { headers: {} },
    loginIds: () => loginIds(headers),
    caller: () => callerOf(headers, ip, options.services.signIn),
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
