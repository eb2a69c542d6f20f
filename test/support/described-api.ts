import type { LightMyRequestResponse } from 'fastify';
import { Errors } from 'typebox/schema';

type Json = Readonly<Record<string, unknown>>;

/** What an OpenAPI 3.1 document says of answers. */
export class DescribedApi {
  readonly #document: Json;
  readonly #components: Json;

  constructor(text: string) {
    this.#document = object(JSON.parse(text));
    this.#components = closed(this.#document.components);
  }

  /**
   * In what an answer is not what the document says of it; empty if it is. A member that its schema does not have is one.
   * @param path as the document has it: `/sessions/{sessionId}`
   */
  differences(method: string, path: string, answer: LightMyRequestResponse): readonly string[] {
    const responses = object(this.#at(['paths', path, method.toLowerCase(), 'responses']));
    const response = this.#resolved(responses[String(answer.statusCode)] ?? responses.default);
    const missing = Object.keys(object(response.headers))
      .filter((name) => answer.headers[name.toLowerCase()] === undefined)
      .map((name) => `no header ${name}`);
    if (response.content === undefined) return answer.body === '' ? missing : [...missing, 'a body'];
    const type = String(answer.headers['content-type']).split(';', 1)[0] ?? '';
    const content = object(response.content)[type];
    if (content === undefined) return [...missing, `the type ${type}`];
    if (type !== 'application/json') return missing;
    const schema = { ...object(object(content).schema), components: this.#components };
    const [, errors] = Errors(schema, answer.json());
    return [...missing, ...errors.map(({ instancePath, message }) => `${instancePath}: ${message}`)];
  }

  #resolved(value: unknown): Json {
    const { $ref } = object(value);
    return typeof $ref === 'string' ? object(this.#at($ref.split('/').slice(1))) : object(value);
  }

  #at(steps: readonly string[]): unknown {
    return steps.reduce<unknown>((value, step) => object(value)[step], this.#document);
  }
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** The components with schemas that allow no other members than their own. */
function closed(components: unknown): Json {
  const schemas = Object.entries(object(object(components).schemas)).map(([name, schema]) => {
    const isObject = object(schema).properties !== undefined;
    return [name, { ...object(schema), ...(isObject && { additionalProperties: false }) }];
  });
  return { schemas: Object.fromEntries(schemas) };
}
