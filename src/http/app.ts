import type { IncomingMessage } from 'node:http';
import multipart from '@fastify/multipart';
import Fastify, { type FastifyInstance } from 'fastify';
import { parseAddress } from './address.ts';
import { addOwnRoutes, addPredefinedRoutes } from './bind-operation.ts';
import { answerClientError } from './client-error.ts';
import { answerOptions, commonHeaders } from './common-headers.ts';
import { tolerateContentType } from './content-type.ts';
import { serveFileContent } from './file-content.ts';
import type { BoundOperation } from './handler.ts';
import { accountHandlers } from './handlers/accounts.ts';
import { apiKeyHandlers } from './handlers/api-keys.ts';
import { authenticationHandlers } from './handlers/authentication.ts';
import { endpointHandlers } from './handlers/endpoints.ts';
import { fileHandlers } from './handlers/files.ts';
import { flowHandlers } from './handlers/flows.ts';
import { sessionHandlers } from './handlers/sessions.ts';
import { systemHandlers } from './handlers/system.ts';
import { addLoginRoutes } from './login-routes.ts';
import { addMachineMetadataRoutes } from './machine-metadata-routes.ts';
import { addMetadataRoutes } from './metadata-routes.ts';
import { addOpenApiRoutes } from './openapi-routes.ts';
import { refuse, refuseUnknownPath } from './refuse.ts';
import { RequestRate } from './request-rate.ts';
import type { Services } from './services.ts';
import type { ServingOptions } from './serving-options.ts';
import { toAppError } from './to-app-error.ts';
import { addTypesRoutes } from './types-routes.ts';

/** Limits of one connection. A request that is slower or larger is cut off, so that none can hold the server. */
const connectionLimits = {
  headersTimeout: 10_000,
  /** For the whole request, so it also bounds how slow an upload of the largest file may be. */
  requestTimeout: 120_000,
  keepAliveTimeout: 65_000,
  /** Without a byte in either direction. */
  connectionTimeout: 120_000,
  maxHeaderSize: 16 * 1024,
  maxParamLength: 200,
} as const;

/** All operations that this server answers. A contract file has a handler file of the same name. */
export function allHandlers(services: Services): readonly BoundOperation[] {
  return [
    ...authenticationHandlers(services),
    ...apiKeyHandlers(services),
    ...accountHandlers(services),
    ...endpointHandlers(services),
    ...fileHandlers(services),
    ...flowHandlers(services),
    ...sessionHandlers(services),
    ...systemHandlers(services),
  ];
}

/** The HTTP application, not listening yet. @param operations those that it answers. */
export function buildApp(given: Omit<ServingOptions, 'rate'>, operations = allHandlers(given.services)): FastifyInstance {
  const { requestsPerSecond, clock } = given;
  const options: ServingOptions = { ...given, rate: requestsPerSecond ? new RequestRate(requestsPerSecond, clock) : undefined };
  const { headersTimeout, requestTimeout, keepAliveTimeout, connectionTimeout, maxHeaderSize, maxParamLength } = connectionLimits;
  const setCommonHeaders = commonHeaders(options.corsOrigins);
  const app = Fastify({
    logger: false,
    trustProxy: options.trustedProxies ? [...options.trustedProxies] : false,
    bodyLimit: options.bodyLimits.usual,
    requestTimeout,
    keepAliveTimeout,
    connectionTimeout,
    http: { headersTimeout, requestTimeout, keepAliveTimeout, maxHeaderSize },
    // Paths are matched without regard to case and to a slash at their end (servicestack.md 1.4).
    // Queries are left to the binding, which needs repeated names in their order.
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength, querystringParser: () => ({}) },
    rewriteUrl,
    // No hook has seen such a request.
    frameworkErrors: (error, request, reply) => {
      setCommonHeaders(request, reply);
      refuse(toAppError(error, options.bodyLimits.usual, options), request, reply);
    },
    clientErrorHandler: answerClientError,
  });
  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    tolerateContentType(request);
    done();
  });
  // Which format a body is in depends on the route as well as on its content type, so bodies stay bytes until they are bound.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.register(multipart);
  app.setNotFoundHandler(refuseUnknownPath);
  app.setErrorHandler((error, request, reply) => {
    const limit = request.routeOptions.bodyLimit ?? options.bodyLimits.usual;
    refuse(toAppError(error, limit, options), request, reply);
  });
  addHealth(app, options.services);
  app.options('*', answerOptions);
  addLoginRoutes(app);
  app.route({
    // HEAD is answered by ourselves: the framework would read the whole file for it.
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: '/files/:fileId/content',
    handler: (request, reply) => serveFileContent(request, reply, options),
  });
  for (const bound of operations) addOwnRoutes(app, bound, options);
  addPredefinedRoutes(app, operations, options);
  addMetadataRoutes(app, options);
  addTypesRoutes(app, options);
  addMachineMetadataRoutes(app, options);
  addOpenApiRoutes(app, options);
  return app;
}

/** For load balancers: 503 as soon as the server is about to stop, so that they send new calls elsewhere. */
function addHealth(app: FastifyInstance, services: Services): void {
  app.get('/health', (_request, reply) => {
    const { draining } = services.sessions;
    reply
      .code(draining ? 503 : 200)
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(draining ? '{"status":"draining"}' : '{"status":"ok"}');
  });
}

const verbs = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Before routing: the suffix that names a format is cut off, and `X-Http-Method-Override` takes effect (servicestack.md 1.1, 1.4). */
function rewriteUrl(request: IncomingMessage): string {
  const override = request.headers['x-http-method-override'];
  if (typeof override === 'string' && verbs.has(override.toUpperCase())) request.method = override.toUpperCase();
  const target = request.url ?? '/';
  const { path, suffix, query } = parseAddress(target);
  return suffix ? path + query : target;
}
