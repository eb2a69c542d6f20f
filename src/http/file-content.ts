import type { FastifyReply, FastifyRequest } from 'fastify';
import { GetFile } from '../contracts/files.ts';
import { AppError } from '../kernel/errors.ts';
import { answerAccessRefusal } from './access-refusal.ts';
import { admit } from './admit.ts';
import { askedOf } from './asked.ts';
import { refuse } from './refuse.ts';
import type { ServingOptions } from './serving-options.ts';
import { toAppError } from './to-app-error.ts';

/**
 * Answers `GET /files/{fileId}/content`, the address that `FileInfo.uri` holds, with the bytes of a file. It needs what GetFile needs.
 * What it returns makes the server wait for the stream. The bytes came from somebody, so no browser may take them for a page of ours.
 */
export async function serveFileContent(request: FastifyRequest, reply: FastifyReply, options: ServingOptions): Promise<FastifyReply> {
  try {
    const principal = await admit(GetFile, request, options);
    if (!principal) throw new AppError('NOT_AUTHENTICATED', {});
    const content = await options.services.files.content(principal, fileIdOf(request.params));
    reply
      .header('content-type', content.contentType)
      .header('content-length', content.contentLength)
      .header('content-disposition', disposition(content.fileName))
      .header('content-security-policy', "sandbox; default-src 'none'")
      .header('cache-control', 'private, no-cache');
    if (request.method !== 'HEAD') return reply.send(content.stream);
    content.stream.destroy();
    return reply.send();
  } catch (thrown) {
    const error = toAppError(thrown, options.bodyLimits.usual, options);
    if (!answerAccessRefusal(request, reply, error, askedOf(request), options.strictAuthBodies)) refuse(error, request, reply);
    return reply;
  }
}

function fileIdOf(params: unknown): string {
  return typeof params === 'object' && params !== null ? String(Reflect.get(params, 'fileId')) : '';
}

/** A `Content-Disposition` with the name in the extended spelling of RFC 8187, which every character survives. */
export function disposition(fileName: string | undefined): string {
  if (fileName === undefined || fileName === '') return 'attachment';
  // By way of bytes, because a lone surrogate has no percent-encoding.
  const wellFormed = Buffer.from(fileName, 'utf8').toString('utf8');
  const encoded = encodeURIComponent(wellFormed).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
