import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WireFormat } from '../formats/format.ts';
import type { AppError } from '../kernel/errors.ts';
import { parseAddress, parseFields } from './address.ts';
import { sendError } from './answer.ts';
import { answerFormat } from './negotiate.ts';

/** Answers a request that reached no operation, in the format that it asks for. */
export function refuse(error: AppError, request: FastifyRequest, reply: FastifyReply, route?: WireFormat): void {
  const { suffix, query } = parseAddress(request.originalUrl);
  const { accept, 'content-type': contentType } = request.headers;
  const format = answerFormat({ suffix, route, query: parseFields(query), accept, contentType });
  sendError(reply, error, { format, thrownByService: false });
}
