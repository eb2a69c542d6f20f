import { ErrorResponse } from '../contracts/errors.ts';
import { isReadable } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';
import { shapeOf } from '../formats/shape.ts';
import { type DescribedAnswer, type DescribedHeader, describedErrors, errorsOf } from './described-answers.ts';
import { accessOf, type DescribedRoute, describedPaths } from './described-routes.ts';
import { type JsonSchema, jsonSchemaOf, memberSchema, namedSchemas } from './json-schema.ts';
import { serviceName } from './service-name.ts';

const prefix = '#/components/schemas/';

/**
 * The API as an OpenAPI 3.1 document: every route, its parameters where the binding reads them, bodies in the formats that are read.
 * @param baseUrl address of this server, without a slash at the end.
 */
export function openApi3(baseUrl: string, version: string): object {
  const error = contentOf(jsonSchemaOf(shapeOf(ErrorResponse), prefix), answered);
  return {
    openapi: '3.1.0',
    info: { title: serviceName, version, description: 'Places phone calls and runs a flow the moment they are answered.' },
    servers: [{ url: baseUrl }],
    security: [{ basic: [] }, { bearer: [] }, { cookie: [] }],
    paths: describedPaths(operationOf),
    components: {
      schemas: namedSchemas(prefix),
      responses: Object.fromEntries(
        describedErrors.map(({ name, description, headers }) => [name, { description, ...headersOf(headers), content: error }]),
      ),
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'E-mail address and password, or an API key and no password.' },
        bearer: { type: 'http', scheme: 'bearer', description: 'A token (JWT) of GET /auth/token, or an API key.' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'ss-id', description: 'The login that POST /auth/credentials opens.' },
      },
    },
  };
}

/** Media types, the first of each format. */
const answered = wireFormats.flatMap((format) => (format.sample ? (format.contentTypes[0] ?? []) : []));
const sent = [...wireFormats.filter(isReadable).flatMap((format) => format.contentTypes[0] ?? []), 'application/x-www-form-urlencoded'];

function operationOf(route: DescribedRoute): object {
  const { operation, operationId, summary, pathMembers, queryMembers, headers, answers } = route;
  const parameters = [
    ...pathMembers.map((member) => ({ name: member.jsonName, in: 'path', required: true, schema: memberSchema(member, prefix) })),
    ...queryMembers.map((member) => ({ name: member.jsonName, in: 'query', schema: memberSchema(member, prefix) })),
    ...headers.map(({ name, description, type }) => ({ name, in: 'header', description, schema: { type } })),
  ];
  return {
    operationId,
    tags: [operation.tag],
    summary,
    description: accessOf(operation),
    ...(operation.auth === 'public' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...requestBodyOf(route),
    responses: {
      ...Object.fromEntries(answers.map((answer) => [answer.status, responseOf(answer)])),
      ...Object.fromEntries(errorsOf(operation).map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }])),
    },
  };
}

function requestBodyOf({ body, filePart }: DescribedRoute): object {
  if (!body) return {};
  const schema = jsonSchemaOf(body, prefix);
  if (filePart === undefined) return { requestBody: { content: contentOf(schema, sent) } };
  const file = { type: 'object', properties: { [filePart]: { contentMediaType: 'application/octet-stream' } }, required: [filePart] };
  return { requestBody: { required: true, content: contentOf({ allOf: [schema, file] }, ['multipart/form-data']) } };
}

function responseOf({ description, headers, body }: DescribedAnswer): object {
  return { description, ...headersOf(headers), ...(body && { content: bodyOf(body) }) };
}

function bodyOf(body: NonNullable<DescribedAnswer['body']>): object {
  // In this version the media type says all that there is to say of bytes.
  return body.kind === 'bytes' ? contentOf({}, body.mediaTypes) : contentOf(jsonSchemaOf(body, prefix), answered);
}

function headersOf(headers: readonly DescribedHeader[]): object {
  if (headers.length === 0) return {};
  return { headers: Object.fromEntries(headers.map(({ name, description, type }) => [name, { description, schema: { type } }])) };
}

function contentOf(schema: JsonSchema, mediaTypes: readonly string[]): object {
  return Object.fromEntries(mediaTypes.map((type) => [type, { schema }]));
}
