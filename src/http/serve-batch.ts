import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { text } from '../contracts/dto.ts';
import type { WireFormat } from '../formats/format.ts';
import { answerAccessRefusal } from './access-refusal.ts';
import { admit } from './admit.ts';
import { sendError, sendValue } from './answer.ts';
import { askedOf } from './asked.ts';
import type { BoundOperation, BoundRequest, RequestContext } from './handler.ts';
import { reportOf } from './report.ts';
import { contextOf } from './request-context.ts';
import { hasMethod, noSuchMethod, sourceOf } from './serve-operation.ts';
import type { ServingOptions } from './serving-options.ts';
import { toAppError } from './to-app-error.ts';

const COMPLETED = 'x-autobatch-completed';

/**
 * Answers a batch (servicestack.md 1.3): a list of requests to one operation by POST. They run one after the other, and the answer lists
 * what they answered, null for nothing. The first that fails ends the batch with its error; those before it stay done.
 * @param route the format that the predefined route names.
 */
export async function serveBatch(
  bound: BoundOperation,
  route: WireFormat,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ServingOptions,
): Promise<void> {
  const { operation } = bound;
  const name = `${operation.name}[]`;
  const asked = askedOf(request, route);
  const values: unknown[] = [];
  let items: readonly BoundRequest[] | undefined;
  let thrownByService = false;
  const report = () =>
    reportOf(asked, { operation: name, request: items?.map((item) => item.request), schema: Type.Array(operation.request) }, options.clock);
  try {
    items = await bound.bindBatch(sourceOf(request, asked));
    const principal = await admit(operation, request, options, items.length);
    const { method } = request;
    if (method !== 'POST' || !hasMethod(operation, method)) throw noSuchMethod(operation, method);
    const context = contextOf(request, asked.format, undefined, options);
    thrownByService = true;
    for (const item of items) values.push((await item.run(contextOfItem(context, values.length), principal)) ?? null);
    thrownByService = false;
    // It is the address of one of them only.
    const { location, ...headers } = context.answer.headers;
    const item = context.answer.schema ?? operation.response ?? text;
    reply.headers(headers).header(COMPLETED, String(values.length));
    sendValue(reply, asked, { value: values, schema: Type.Array(item), operation: operation.name, report: report() });
  } catch (thrown) {
    const error = toAppError(thrown, options.bodyLimits.long, options);
    const strict = options.strictAuthBodies && !operation.refusesItself;
    if (!thrownByService && answerAccessRefusal(request, reply, error, asked, strict)) return;
    if (thrownByService) reply.header(COMPLETED, String(values.length));
    const meta = thrownByService ? { AutoBatchIndex: String(values.length) } : undefined;
    sendError(reply, error, { asked, thrownByService, response: operation.response, report: report(), meta });
  }
}

/** Each request of a batch is repeated under a key of its own, and none leads a browser elsewhere. */
function contextOfItem(context: RequestContext, index: number): RequestContext {
  const { idempotencyKey } = context;
  return { ...context, wantsHtml: false, idempotencyKey: idempotencyKey === undefined ? undefined : `${idempotencyKey}#${index}` };
}
