import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from '../contracts/dto.ts';
import type { Principal } from '../directory/principal.ts';
import type { WireFormat } from '../formats/format.ts';
import { objectShapeOf } from '../formats/shape.ts';
import { AppError } from '../kernel/errors.ts';
import { answerAccessRefusal } from './access-refusal.ts';
import type { Fields } from './address.ts';
import { admit } from './admit.ts';
import { sendError, sendValue } from './answer.ts';
import { type Asked, askedOf } from './asked.ts';
import type { BindSource } from './bind.ts';
import { bodyLimitOf, checkBody } from './body-limits.ts';
import type { BoundOperation, BoundRequest } from './handler.ts';
import { type Form, readMultipart } from './multipart.ts';
import { reportOf } from './report.ts';
import { contextOf, verbOf } from './request-context.ts';
import type { ServingOptions } from './serving-options.ts';
import { toAppError } from './to-app-error.ts';

const noFields: Fields = [];

/**
 * Answers a request to an operation. The order of the checks is the contract's (servicestack.md 1.5): body and binding 400, login 401,
 * role 403, rate 429, verb 405, and then the operation itself. A multipart body is the exception: it may be large, so it is read only for
 * those who may send it.
 * @param route the format that a predefined route names; undefined on a route of the operation's own.
 */
export async function serveOperation(
  bound: BoundOperation,
  route: WireFormat | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServingOptions,
): Promise<void> {
  const { operation } = bound;
  const asked = askedOf(request, route);
  let ready: BoundRequest | undefined;
  let thrownByService = false;
  const report = () => reportOf(asked, { operation: operation.name, request: ready?.request, schema: operation.request }, options.clock);
  const limit = bodyLimitOf(operation, options.bodyLimits);
  try {
    checkBody(request.body, limit);
    let principal: Principal | undefined;
    let form: Form | undefined;
    if (request.isMultipart()) {
      principal = await admit(operation, request, options);
      form = await readMultipart(request, objectShapeOf(operation.request), bound.takesFile);
    }
    ready = await bound.bind(sourceOf(request, asked, form));
    if (!form) principal = await admit(operation, request, options);
    const verb = verbOf(request);
    if (route && !hasMethod(operation, verb)) throw noSuchMethod(operation, verb);
    const context = contextOf(request, asked.format, form?.upload, options);
    thrownByService = true;
    const value = await ready.run(context, principal);
    thrownByService = false;
    const { headers, redirect, status = operation.successStatus, schema = operation.response } = context.answer;
    reply.headers(headers);
    if (redirect !== undefined) reply.redirect(redirect);
    else sendValue(reply, asked, { value, schema, status, operation: operation.name, report: report() });
  } catch (thrown) {
    const error = toAppError(thrown, limit, options);
    const strict = options.strictAuthBodies && !operation.refusesItself;
    if (!thrownByService && answerAccessRefusal(request, reply, error, asked, strict)) return;
    sendError(reply, error, { asked, thrownByService, response: operation.response, report: report() });
  }
}

/** What a request to an operation is bound from. */
export function sourceOf(request: FastifyRequest, { route, query }: Asked, form?: Form): BindSource {
  return {
    body: Buffer.isBuffer(request.body) ? request.body : undefined,
    contentType: request.headers['content-type'],
    route,
    form: form?.fields,
    path: route ? noFields : pathFields(request.params),
    query,
  };
}

/** Whether the service of an operation has a method for a verb: it has one for those of its routes (servicestack.md 1.7). */
export function hasMethod({ routes }: Operation, verb: string): boolean {
  return routes.some((route) => route.startsWith(`${verb} `));
}

export function noSuchMethod({ name }: Operation, verb: string): AppError<'NO_SUCH_METHOD'> {
  return new AppError('NO_SUCH_METHOD', { verb: verb.slice(0, 1) + verb.slice(1).toLowerCase(), operation: name });
}

function pathFields(params: unknown): Fields {
  if (typeof params !== 'object' || params === null) return noFields;
  return Object.entries(params).map(([name, value]) => [name, String(value)]);
}
