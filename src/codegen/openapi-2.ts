import { ErrorResponse } from '../contracts/errors.ts';
import { isReadable } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';
import { type Member, shapeOf } from '../formats/shape.ts';
import { accessOf, type DescribedRoute, describedPaths } from './described-routes.ts';
import { jsonSchemaOf, memberSchema, namedSchemas } from './json-schema.ts';
import { serviceName } from './service-name.ts';

const prefix = '#/definitions/';
const error = { description: 'What went wrong, and what to do', schema: jsonSchemaOf(shapeOf(ErrorResponse), prefix) };

/**
 * The API as a Swagger 2.0 document (servicestack.md 7).
 * @param baseUrl address of this server, without a slash at the end.
 */
export function openApi2(baseUrl: string, version: string): object {
  const { host, protocol, pathname } = new URL(baseUrl);
  return {
    swagger: '2.0',
    info: { title: serviceName, version },
    host,
    basePath: pathname,
    schemes: [protocol.slice(0, -1)],
    consumes: wireFormats.filter(isReadable).flatMap((format) => format.contentTypes[0] ?? []),
    produces: wireFormats.flatMap((format) => (format.sample ? (format.contentTypes[0] ?? []) : [])),
    paths: describedPaths(operationOf),
    definitions: namedSchemas(prefix),
    securityDefinitions: {
      basic: { type: 'basic' },
      Bearer: { type: 'apiKey', name: 'Authorization', in: 'header' },
    },
    security: [{ basic: [] }, { Bearer: [] }],
  };
}

function operationOf({ operation, operationId, pathMembers, queryMembers, body, response }: DescribedRoute): object {
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.description,
    description: accessOf(operation),
    ...(operation.auth === 'public' && { security: [] }),
    parameters: [
      ...pathMembers.map((member) => ({ ...parameter(member), in: 'path', required: true })),
      ...queryMembers.map((member) => ({ ...parameter(member), in: 'query', required: false })),
      ...(body ? [{ name: 'body', in: 'body', schema: jsonSchemaOf(body, prefix) }] : []),
    ],
    responses: {
      ...(response ? { '200': { description: 'The answer', schema: jsonSchemaOf(response, prefix) } } : { '204': { description: 'Done' } }),
      default: error,
    },
  };
}

/** A parameter has no schema in this version: enums and lists are spelled out, and what has structure is a text in JSV. */
function parameter(member: Member): object {
  const { shape, jsonName, description } = member;
  const about = { name: jsonName, ...(description !== '' && { description }) };
  switch (shape.kind) {
    case 'enum':
      return { ...about, type: 'string', enum: [...shape.values.values()] };
    case 'list': {
      const { item } = shape;
      const items = item.kind === 'enum' ? { type: 'string', enum: [...item.values.values()] } : { type: 'string' };
      return { ...about, type: 'array', items, collectionFormat: 'csv' };
    }
    case 'map':
    case 'object':
      return { ...about, type: 'string' };
    default:
      return { ...about, ...memberSchema(member, prefix) };
  }
}
