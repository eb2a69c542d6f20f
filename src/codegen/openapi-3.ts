import { ErrorResponse } from '../contracts/errors.ts';
import { isReadable } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';
import { shapeOf } from '../formats/shape.ts';
import { accessOf, type DescribedRoute, describedPaths } from './described-routes.ts';
import { jsonSchemaOf, memberSchema, namedSchemas } from './json-schema.ts';
import { serviceName } from './service-name.ts';

const prefix = '#/components/schemas/';
const error = { $ref: '#/components/responses/Error' };

/**
 * The API as an OpenAPI 3.1 document: every route, its parameters where the binding reads them, bodies in the formats that are read.
 * @param baseUrl address of this server, without a slash at the end.
 */
export function openApi3(baseUrl: string, version: string): object {
  return {
    openapi: '3.1.0',
    info: { title: serviceName, version, description: 'Places phone calls and runs a flow the moment they are answered.' },
    servers: [{ url: baseUrl }],
    security: [{ basic: [] }, { bearer: [] }, { cookie: [] }],
    paths: describedPaths(operationOf),
    components: {
      schemas: namedSchemas(prefix),
      responses: {
        Error: {
          description: 'What went wrong, and what to do',
          content: contentOf(jsonSchemaOf(shapeOf(ErrorResponse), prefix), answered),
        },
      },
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'E-mail address and password, or an API key and no password.' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token of GET /auth/token, or an API key.' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'ss-id', description: 'The login that POST /auth/credentials opens.' },
      },
    },
  };
}

/** Media types, the first of each format. */
const answered = wireFormats.flatMap((format) => (format.sample ? (format.contentTypes[0] ?? []) : []));
const sent = [...wireFormats.filter(isReadable).flatMap((format) => format.contentTypes[0] ?? []), 'application/x-www-form-urlencoded'];

function operationOf(route: DescribedRoute): object {
  const { operation, operationId, pathMembers, queryMembers, body, response } = route;
  const parameters = [
    ...pathMembers.map((member) => ({ name: member.jsonName, in: 'path', required: true, schema: memberSchema(member, prefix) })),
    ...queryMembers.map((member) => ({ name: member.jsonName, in: 'query', schema: memberSchema(member, prefix) })),
  ];
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.description,
    description: accessOf(operation),
    ...(operation.auth === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: contentOf(jsonSchemaOf(body, prefix), sent) } }),
    responses: {
      ...(response
        ? { '200': { description: 'The answer', content: contentOf(jsonSchemaOf(response, prefix), answered) } }
        : { '204': { description: 'Done' } }),
      ...(operation.auth !== 'public' && { '401': error, '403': error, '429': error }),
      default: error,
    },
  };
}

function contentOf(schema: object, mediaTypes: readonly string[]): object {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
}
