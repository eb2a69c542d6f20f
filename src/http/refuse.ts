import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WireFormat } from '../formats/format.ts';
import { formatByName } from '../formats/formats.ts';
import { AppError } from '../kernel/errors.ts';
import { parseAddress } from './address.ts';
import { sendError } from './answer.ts';
import { askedOf } from './asked.ts';

/** Answers a request that reached no operation, in the format that it asks for. */
export function refuse(error: AppError, request: FastifyRequest, reply: FastifyReply, route?: WireFormat): void {
  sendError(reply, error, { asked: askedOf(request, route), thrownByService: false });
}

/** Answers a request to an address at which nothing is. A format that begins the path is one that is asked for (servicestack.md 1.1). */
export function refuseUnknownPath(request: FastifyRequest, reply: FastifyReply): void {
  const [, first = ''] = parseAddress(request.originalUrl).path.split('/', 2);
  refuse(new AppError('NO_SUCH_ROUTE', {}), request, reply, formatByName(first));
}
