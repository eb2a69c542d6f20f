import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WireFormat } from '../formats/format.ts';
import type { AppError } from '../kernel/errors.ts';
import { sendError } from './answer.ts';
import { askedOf } from './asked.ts';

/** Answers a request that reached no operation, in the format that it asks for. */
export function refuse(error: AppError, request: FastifyRequest, reply: FastifyReply, route?: WireFormat): void {
  sendError(reply, error, { asked: askedOf(request, route), thrownByService: false });
}
