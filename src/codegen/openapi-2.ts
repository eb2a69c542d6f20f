import { ErrorResponse } from '../contracts/errors.ts';
import { isReadable } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';
import { type Member, shapeOf } from '../formats/shape.ts';
import { type DescribedAnswer, type DescribedHeader, describedErrors, errorsOf } from './described-answers.ts';
import { accessOf, type DescribedRoute, describedPaths } from './described-routes.ts';
import { jsonSchemaOf, memberSchema, namedSchemas } from './json-schema.ts';
import { serviceName } from './service-name.ts';

const prefix = '#/definitions/';

/**
 * The API as a Swagger 2.0 document (servicestack.md 7).
 * @param baseUrl address of this server, without a slash at the end.
 */
export function openApi2(baseUrl: string, version: string): object {
  const { host, protocol, pathname } = new URL(baseUrl);
  const schema = jsonSchemaOf(shapeOf(ErrorResponse), prefix);
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
    responses: Object.fromEntries(
      describedErrors.map(({ name, description, headers }) => [name, { description, ...headersOf(headers), schema }]),
    ),
    securityDefinitions: {
      basic: { type: 'basic' },
      Bearer: { type: 'apiKey', name: 'Authorization', in: 'header' },
    },
    security: [{ basic: [] }, { Bearer: [] }],
  };
}

function operationOf(route: DescribedRoute): object {
  const { operation, operationId, summary, pathMembers, queryMembers, headers, answers, filePart } = route;
  const produced = answers.flatMap(({ body }) => (body?.kind === 'bytes' ? body.mediaTypes : []));
  return {
    operationId,
    tags: [operation.tag],
    summary,
    description: accessOf(operation),
    ...(operation.auth === 'public' && { security: [] }),
    ...(filePart !== undefined && { consumes: ['multipart/form-data'] }),
    ...(produced.length > 0 && { produces: produced }),
    parameters: [
      ...pathMembers.map((member) => ({ ...parameter(member), in: 'path', required: true })),
      ...queryMembers.map((member) => ({ ...parameter(member), in: 'query', required: false })),
      ...headers.map((header) => ({ ...header, in: 'header' })),
      ...bodyParametersOf(route),
    ],
    responses: {
      ...Object.fromEntries(answers.map((answer) => [answer.status, responseOf(answer)])),
      ...Object.fromEntries(errorsOf(operation).map(({ status, name }) => [status, { $ref: `#/responses/${name}` }])),
    },
  };
}

function bodyParametersOf({ body, filePart }: DescribedRoute): readonly object[] {
  if (!body) return [];
  if (filePart === undefined) return [{ name: 'body', in: 'body', schema: jsonSchemaOf(body, prefix) }];
  const fields = body.members.map((member) => ({ ...parameter(member), in: 'formData' }));
  return [...fields, { name: filePart, in: 'formData', type: 'file', required: true }];
}

function responseOf({ description, headers, body }: DescribedAnswer): object {
  const schema = body && (body.kind === 'bytes' ? { type: 'file' } : jsonSchemaOf(body, prefix));
  return { description, ...headersOf(headers), ...(schema && { schema }) };
}

function headersOf(headers: readonly DescribedHeader[]): object {
  if (headers.length === 0) return {};
  return { headers: Object.fromEntries(headers.map(({ name, description, type }) => [name, { description, type }])) };
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
