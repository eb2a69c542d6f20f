import { STATUS_CODES } from 'node:http';
import type { TSchema } from 'typebox';
import { type Shape, shapeOf } from '../formats/shape.ts';
import { kept } from './kept.ts';
import type { ShownFormat } from './shown-formats.ts';
import type { ModelOperation } from './type-model.ts';

/** The bodies of an operation in a format, as its metadata page shows them. */
export interface BodySamples {
  /** Undefined for GET and DELETE, which have no body. */
  readonly request: string | undefined;
  /** Undefined where the answer is 204. */
  readonly response: string | undefined;
}

export interface MessageSamples {
  readonly request: string;
  /** As in {@link BodySamples}. */
  readonly response: string | undefined;
}

const samplesIn = kept((format: ShownFormat) =>
  kept(({ operation, verb }: ModelOperation): BodySamples => {
    const write = (schema: TSchema) => format.sample.write(sampleValue(shapeOf(schema), []), schema);
    const hasBody = verb !== 'GET' && verb !== 'DELETE';
    return { request: hasBody ? write(operation.request) : undefined, response: operation.response && write(operation.response) };
  }),
);

/** What the bodies of an operation look like in a format: every member has a value (servicestack.md 5.1). */
export function bodySamples(operation: ModelOperation, format: ShownFormat): BodySamples {
  return samplesIn(format)(operation);
}

/** The same as they are sent: the request on the route of the verb that clients use. @param host of this server, with its port */
export function messageSamples(model: ModelOperation, format: ShownFormat, host: string): MessageSamples {
  const { operation, verb } = model;
  const { successStatus = 200 } = operation;
  const { request, response } = bodySamples(model, format);
  const route = operation.routes.find((one) => one.startsWith(`${verb} `)) ?? verb;
  const head = [`${route} HTTP/1.1 `, `Host: ${host} `, `Accept: ${format.sample.contentType}`];
  return {
    request: [...head, ...bodyLines(format, request)].join('\n'),
    response: response && [`HTTP/1.1 ${successStatus} ${STATUS_CODES[successStatus]}`, ...bodyLines(format, response)].join('\n'),
  };
}

function bodyLines({ sample }: ShownFormat, body: string | undefined): readonly string[] {
  return body === undefined ? [] : [`Content-Type: ${sample.contentType}`, 'Content-Length: length', '', body];
}

/** @param around the types that the value is inside of: a member that leads back to one of them is absent */
function sampleValue(shape: Shape, around: readonly string[]): unknown {
  switch (shape.kind) {
    case 'text':
      return 'String';
    case 'flag':
      return false;
    case 'integer':
    case 'number':
      return 0;
    case 'enum':
      return [...shape.values.values()][0];
    case 'list': {
      const item = sampleValue(shape.item, around);
      return item === undefined ? undefined : [item];
    }
    case 'map': {
      const value = sampleValue(shape.value, around);
      return value === undefined ? undefined : { String: value };
    }
    case 'object': {
      if (around.includes(shape.name)) return undefined;
      const inside = [...around, shape.name];
      return Object.fromEntries(shape.members.map(({ jsonName, shape: member }) => [jsonName, sampleValue(member, inside)]));
    }
  }
}
