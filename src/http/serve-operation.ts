import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../directory/principal.ts';
import type { WireFormat } from '../formats/format.ts';
import { objectShapeOf } from '../formats/shape.ts';
import { AppError } from '../kernel/errors.ts';
import { type Fields, parseAddress, parseFields } from './address.ts';
import { sendError, sendValue } from './answer.ts';
import { principalOf, requireAccess } from './auth.ts';
import type { BoundOperation } from './handler.ts';
import { type Form, readMultipart } from './multipart.ts';
import { answerFormat } from './negotiate.ts';
import { contextOf, verbOf } from './request-context.ts';
import type { Services } from './services.ts';
import type { ServingOptions } from './serving-options.ts';
import { toAppError } from './to-app-error.ts';

/** How an operation was reached. */
export interface Reached {
  /** The format that a predefined route fixes; undefined on a route of the operation's own. */
  readonly route: WireFormat | undefined;
}

const noFields: Fields = [];

/**
 * Answers a request to an operation. The order of the checks is the contract's (servicestack.md 1.5): body and binding 400, login 401,
 * role 403, verb 405, and then the operation itself. A multipart body is the exception: it may be large, so it is read only for
 * those who may send it.
 */
export async function serveOperation(
  bound: BoundOperation,
  reached: Reached,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServingOptions,
): Promise<void> {
  const { operation } = bound;
  const { headers } = request;
  const address = parseAddress(request.originalUrl);
  const query = parseFields(address.query);
  // A suffix on a predefined route fixes the format of the body too (servicestack.md 1.2).
  const route = reached.route && (address.suffix ?? reached.route);
  const contentType = headers['content-type'];
  const format = answerFormat({ suffix: address.suffix, route, query, accept: headers.accept, contentType });
  let thrownByService = false;
  try {
    let principal: Principal | undefined;
    let form: Form | undefined;
    if (request.isMultipart()) {
      principal = await checkAccess(bound, request, options.services);
      form = await readMultipart(request, objectShapeOf(operation.request), bound.takesFile);
    }
    const run = await bound.bind({
      body: Buffer.isBuffer(request.body) ? request.body : undefined,
      contentType,
      route,
      form: form?.fields,
      path: reached.route ? noFields : pathFields(request.params),
      query,
    });
    if (!form) principal = await checkAccess(bound, request, options.services);
    if (reached.route) requireVerb(bound, verbOf(request));
    const context = contextOf(request, format, form?.upload, options);
    thrownByService = true;
    const value = await run(context, principal);
    thrownByService = false;
    reply.headers(context.answer.headers);
    const { redirect } = context.answer;
    if (redirect !== undefined) reply.redirect(redirect);
    else sendValue(reply, format, value, context.answer.schema ?? operation.response, context.answer.status);
  } catch (thrown) {
    const error = toAppError(thrown, options.bodyLimit, options);
    sendError(reply, error, { format, thrownByService, response: operation.response });
  }
}

async function checkAccess(bound: BoundOperation, request: FastifyRequest, services: Services): Promise<Principal | undefined> {
  const { auth } = bound.operation;
  if (auth === 'public') return undefined;
  const principal = await principalOf(request.headers, request.ip, services.signIn);
  requireAccess(auth, principal);
  return principal;
}

/** A service has a method for the verbs of its routes only (servicestack.md 1.7). */
function requireVerb(bound: BoundOperation, verb: string): void {
  const { name, routes } = bound.operation;
  if (!routes.some((route) => route.startsWith(`${verb} `)))
    throw new AppError('NO_SUCH_METHOD', { verb: pascalVerb(verb), operation: name });
}

function pascalVerb(verb: string): string {
  return verb.slice(0, 1) + verb.slice(1).toLowerCase();
}

function pathFields(params: unknown): Fields {
  if (typeof params !== 'object' || params === null) return noFields;
  return Object.entries(params).map(([name, value]) => [name, String(value)]);
}
