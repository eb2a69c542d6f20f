import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { TSchema } from 'typebox';
import { dtoInfo } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import type { WireFormat } from '../formats/format.ts';
import { shapeOf } from '../formats/shape.ts';
import type { AppError } from '../kernel/errors.ts';
import { challenges } from './auth.ts';

/** Sends a value in a format; nothing at all is a 204 without a body (servicestack.md 5.4). */
export function sendValue(reply: FastifyReply, format: WireFormat, value: unknown, schema: TSchema | undefined, status = 200): void {
  if (value === undefined || value === null || schema === undefined) {
    reply.code(204).send();
    return;
  }
  const text = format.write(value, schema);
  reply.code(status).header('content-type', format.answerType).send(text);
}

export interface ErrorContext {
  readonly format: WireFormat;
  /** Whether the operation itself refused: its error code is then the reason phrase (servicestack.md 3.1). */
  readonly thrownByService: boolean;
  /** The response type of the operation. Where it has a `ResponseStatus` of its own, the error is written in it. */
  readonly response?: TSchema | undefined;
}

/** Sends an error with the status, the reason phrase and the body that ServiceStack's clients read (servicestack.md 3; 10, D3). */
export function sendError(reply: FastifyReply, error: AppError, context: ErrorContext): void {
  if (error.status === 401) reply.header('www-authenticate', challenges);
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
  reply.raw.statusMessage = reasonPhrase(error, context.thrownByService);
  const { errorCode, message, fields } = error;
  const body = context.format.write({ responseStatus: { errorCode, message, errors: fields } }, errorType(context.response));
  reply.code(error.status).header('content-type', context.format.answerType).send(body);
}

function reasonPhrase(error: AppError, thrownByService: boolean): string {
  if (thrownByService) return error.errorCode;
  return error.code === 'FORBIDDEN_ROLE' ? error.message : (STATUS_CODES[error.status] ?? error.errorCode);
}

function errorType(response: TSchema | undefined): TSchema {
  if (response === undefined || !dtoInfo(response)) return ErrorResponse;
  const shape = shapeOf(response);
  return shape.kind === 'object' && shape.memberByName.has('responseStatus') ? response : ErrorResponse;
}
