import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { TSchema } from 'typebox';
import { dtoInfo } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import type { Report } from '../formats/format.ts';
import { shapeOf } from '../formats/shape.ts';
import type { AppError } from '../kernel/errors.ts';
import type { Asked } from './asked.ts';
import { challenges } from './auth.ts';
import { callOf, SCRIPT_TYPE } from './jsonp.ts';
import { setPageHeaders } from './page-headers.ts';

export interface ValueAnswer {
  readonly value: unknown;
  readonly schema: TSchema | undefined;
  /** 200 if absent. */
  readonly status?: number | undefined;
  /** Name of the operation, which a saved answer gets for its file name. */
  readonly operation: string;
  readonly report: Report | undefined;
}

/**
 * Sends a value in the format that was asked for; nothing at all is a 204 without a body (servicestack.md 5.4). A script that waits for
 * its function to be called gets the call without an argument instead, because a 204 would never call it.
 */
export function sendValue(reply: FastifyReply, asked: Asked, answer: ValueAnswer): void {
  const { format, callback } = asked;
  const { value, schema, operation, report, status = 200 } = answer;
  if (value === undefined || value === null || schema === undefined) {
    if (callback === undefined) reply.code(204).send();
    else reply.header('content-type', SCRIPT_TYPE).send(callOf(callback, ''));
    return;
  }
  const text = format.write(value, schema, report);
  if (format.isDownload) reply.header('content-disposition', `attachment;filename="${operation}${format.suffix}"`);
  sendText(reply.code(status), asked, text);
}

export interface ErrorContext {
  readonly asked: Asked;
  /** Whether the operation itself refused: its error code is then the reason phrase (servicestack.md 3.1). */
  readonly thrownByService: boolean;
  /** The response type of the operation. Where it has a `ResponseStatus` of its own, the error is written in it. */
  readonly response?: TSchema | undefined;
  readonly report?: Report | undefined;
  /** For `meta` of the error. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/**
 * Sends an error with the status, the reason phrase and the body that ServiceStack's clients read (servicestack.md 3; 10, D3). A script
 * could not read an error, so for JSONP a failure before the service has run is a success (servicestack.md 1.6).
 */
export function sendError(reply: FastifyReply, error: AppError, context: ErrorContext): void {
  const { asked, thrownByService, meta } = context;
  const { errorCode, message, fields } = error;
  const text = asked.format.write(
    { responseStatus: { errorCode, message, errors: fields, meta } },
    errorType(context.response),
    context.report,
  );
  if (asked.callback !== undefined && !thrownByService) reply.code(200);
  else setErrorHead(reply, error, thrownByService);
  sendText(reply, asked, text);
}

/** Status, reason phrase and headers of an error. */
export function setErrorHead(reply: FastifyReply, error: AppError, thrownByService: boolean): void {
  reply.code(error.status);
  reply.raw.statusMessage = reasonPhrase(error, thrownByService);
  if (error.status === 401) reply.header('www-authenticate', challenges);
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
}

function sendText(reply: FastifyReply, { format, callback }: Asked, text: string): void {
  if (callback !== undefined) {
    reply.header('content-type', SCRIPT_TYPE).send(callOf(callback, text));
    return;
  }
  if (format.name === 'html') setPageHeaders(reply);
  reply.header('content-type', format.answerType).send(text);
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
