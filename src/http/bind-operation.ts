import type { FastifyInstance, HTTPMethods } from 'fastify';
import type { WireFormat } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';
import { json } from '../formats/json.ts';
import { AppError } from '../kernel/errors.ts';
import { bodyLimitOf } from './body-limits.ts';
import type { BoundOperation } from './handler.ts';
import { refuse } from './refuse.ts';
import { serveBatch } from './serve-batch.ts';
import { serveOperation } from './serve-operation.ts';
import type { ServingOptions } from './serving-options.ts';

const everyMethod: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Serves an operation on its own routes: `GET /sessions/{sessionId}` as it is declared. */
export function addOwnRoutes(app: FastifyInstance, bound: BoundOperation, options: ServingOptions): void {
  for (const route of bound.operation.routes) {
    const space = route.indexOf(' ');
    const url = route.slice(space + 1).replace(/\{(\w+)\}/g, ':$1');
    app.route({
      method: route.slice(0, space),
      url,
      bodyLimit: bodyLimitOf(bound.operation, options.bodyLimits),
      handler: (request, reply) => serveOperation(bound, undefined, request, reply, options),
    });
  }
}

/**
 * Serves all operations on the predefined routes, which clients use by default (servicestack.md 1.2): `/json/reply/{Op}`,
 * `/json/oneway/{Op}`, the same for every other format, and `/api/{Op}`. Operation names are case-insensitive, and `[]` behind one
 * makes a batch (servicestack.md 1.3).
 */
export function addPredefinedRoutes(app: FastifyInstance, operations: readonly BoundOperation[], options: ServingOptions): void {
  const byName = new Map(operations.map((bound) => [bound.operation.name.toLowerCase(), bound]));
  const add = (url: string, route: WireFormat) => {
    app.route<{ Params: { operation: string } }>({
      method: everyMethod,
      url: `${url}/:operation`,
      exposeHeadRoute: false,
      // Which operation it is for is known when the body is here; it checks its own limit.
      bodyLimit: options.bodyLimits.long,
      handler: (request, reply) => {
        const name = request.params.operation.toLowerCase();
        const isBatch = name.endsWith('[]');
        const bound = byName.get(isBatch ? name.slice(0, -2) : name);
        if (bound) return (isBatch ? serveBatch : serveOperation)(bound, route, request, reply, options);
        refuse(new AppError('NO_SUCH_OPERATION', {}), request, reply, route);
        return undefined;
      },
    });
  };
  add('/api', json);
  for (const format of wireFormats) {
    add(`/${format.name}/reply`, format);
    add(`/${format.name}/oneway`, format);
  }
}
