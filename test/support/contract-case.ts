import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import { Parse } from 'typebox/value';

const Expected = Type.Object({
  status: Type.Union([Type.Number(), Type.Array(Type.Number())]),
  reason: Type.Optional(Type.String()),
  headers: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]))),
  json: Type.Optional(Type.Unknown()),
  bodyContains: Type.Optional(Type.Array(Type.String())),
  bodyNotContains: Type.Optional(Type.Array(Type.String())),
  bodyRegex: Type.Optional(Type.String()),
  bodyEmpty: Type.Optional(Type.Boolean()),
  bodyOneOf: Type.Optional(Type.Array(Type.Unknown())),
  effect: Type.Optional(Type.String()),
});

const Case = Type.Object({
  id: Type.String(),
  group: Type.String(),
  description: Type.String(),
  level: Type.Union(['must', 'should', 'superset', 'optional'].map((level) => Type.Literal(level))),
  request: Type.Object({
    method: Type.String(),
    path: Type.String(),
    headers: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
    body: Type.Union([Type.String(), Type.Null()]),
    repeat: Type.Optional(Type.String()),
  }),
  expect: Expected,
  client: Type.Optional(
    Type.Object({
      call: Type.String(),
      setup: Type.Optional(Type.String()),
      dto: Type.Optional(Type.String()),
      // biome-ignore lint/suspicious/noThenProperty: the name of the member in the file.
      then: Type.Optional(Type.String()),
      count: Type.Optional(Type.Number()),
      resolves: Type.Optional(Type.String()),
      resolvesArrayLength: Type.Optional(Type.Number()),
      result: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      rejects: Type.Optional(Type.Unknown()),
    }),
  ),
  note: Type.Optional(Type.String()),
});

export type ContractCase = Static<typeof Case>;

/** The conformance cases of the contract, in their order. */
export function contractCases(): ContractCase[] {
  return Parse(Type.Array(Case), JSON.parse(readFileSync(new URL('../contract/cases.json', import.meta.url), 'utf8')));
}

/** `one` with `{{NAME}}` replaced by its value, and `{{NAME_ENC}}` by the percent-encoded one. @throws Error for a name without a value */
export function filledCase(one: ContractCase, values: ReadonlyMap<string, string>): ContractCase {
  const text = JSON.stringify(one).replace(/\{\{(\w+?)(_ENC)?\}\}/g, (whole, name: string, encoded: string | undefined) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`${one.id}: nothing is known for ${whole}`);
    return JSON.stringify(encoded === undefined ? value : encodeURIComponent(value)).slice(1, -1);
  });
  return Parse(Case, JSON.parse(text));
}

export interface RawAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request with these headers and no others than HTTP itself needs. Redirects are not followed. */
export function sendRaw(url: string, { method, path, headers, body }: ContractCase['request']): Promise<RawAnswer> {
  const given = Object.entries(headers).filter((header): header is [string, string] => header[1] !== null);
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, { method, headers: Object.fromEntries(given), signal: AbortSignal.timeout(10_000) });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode = 0, statusMessage = '' } = response;
        resolve({ status: statusCode, reason: statusMessage, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end(body ?? undefined);
  });
}

/** What an answer lacks of what a case expects; empty when nothing does. */
export function differences({ expect: expected, note }: ContractCase, answer: RawAnswer): string[] {
  const body = note?.includes('HTML-decoding') ? decodeHtml(answer.body) : answer.body;
  const problems: string[] = [];
  const need = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  need([expected.status].flat().includes(answer.status), `status ${answer.status}, not ${expected.status}`);
  if (expected.reason !== undefined) need(answer.reason === expected.reason, `reason '${answer.reason}', not '${expected.reason}'`);
  for (const [name, wanted] of Object.entries(expected.headers ?? {})) {
    const values = [answer.headers[name] ?? []].flat();
    for (const one of [wanted].flat())
      need(
        values.some((value) => textMatches(value, one)),
        `${name}: ${values.join(' | ')} is not ${one}`,
      );
  }
  if (expected.json !== undefined) problems.push(...jsonDifferences(parsed(body), expected.json, '$'));
  for (const part of expected.bodyContains ?? []) need(body.includes(part), `the body lacks ${part}`);
  for (const part of expected.bodyNotContains ?? []) need(!body.includes(part), `the body has ${part}`);
  if (expected.bodyRegex !== undefined) need(new RegExp(expected.bodyRegex).test(body), `the body is not ${expected.bodyRegex}`);
  if (expected.bodyEmpty) need(body === '', 'the body is not empty');
  if (expected.bodyOneOf)
    need(
      expected.bodyOneOf.some((one) => bodyIs(body, one)),
      'the body is none of those that are possible',
    );
  return problems;
}

function bodyIs(body: string, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return body === wanted;
  if ('json' in wanted) return jsonDifferences(parsed(body), wanted.json, '$').length === 0;
  return 'contains' in wanted && body.includes(String(wanted.contains));
}

/** Where `value` lacks something of `wanted`: members may be more, a shorter list is a prefix, an empty list must be empty. */
export function jsonDifferences(value: unknown, wanted: unknown, path: string): string[] {
  if (typeof wanted === 'string') {
    return typeof value === 'string' && textMatches(value, wanted) ? [] : [`${path} is ${JSON.stringify(value)}, not ${wanted}`];
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    if (wanted.length === 0) return value.length === 0 ? [] : [`${path} is not empty`];
    return wanted.flatMap((one, index) => jsonDifferences(value[index], one, `${path}[${index}]`));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof value !== 'object' || value === null) return [`${path} is not an object`];
    return Object.entries(wanted).flatMap(([name, one]) => jsonDifferences(Reflect.get(value, name), one, `${path}.${name}`));
  }
  return Object.is(value, wanted) ? [] : [`${path} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`];
}

function textMatches(value: string, wanted: string): boolean {
  const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(wanted) ?? [];
  return pattern === undefined ? value === wanted : new RegExp(pattern, flags).test(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };

function decodeHtml(text: string): string {
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity] ?? entity);
}
