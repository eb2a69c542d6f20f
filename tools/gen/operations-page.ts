import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TSchema } from 'typebox';
import { allOperations, dtoInfo, type Operation } from '../../src/contracts/dto.ts';
import { code, generatedPage, table } from './markdown.ts';
import { isSource } from './node-index.ts';

/** docs/reference/operations.md: every operation that a file of `contractsDirectory` declares. */
export async function operationsPage(contractsDirectory: string): Promise<string> {
  for (const file of readdirSync(contractsDirectory).filter(isSource).sort()) {
    await import(pathToFileURL(join(contractsDirectory, file)).href);
  }
  const tags = [...new Set(allOperations().map(({ tag }) => tag))].sort();
  const sections = tags.flatMap((tag) => [
    `## ${tag}`,
    '',
    ...allOperations()
      .filter((operation) => operation.tag === tag)
      .flatMap(describeOperation),
  ]);
  return generatedPage('Operations', '`src/contracts/`', [
    'Members are in camelCase in JSON, and as [the guide for clients](../guides/use-existing-clients.md) says in other formats. Every operation but the public ones needs a login: HTTP Basic, cookies, a bearer token or an API key.',
    '',
    ...sections,
  ]);
}

function describeOperation({ name, description, routes, auth, request, response, successStatus }: Operation): string[] {
  const members = Object.entries(request.properties).map(([member, schema]) => [code(member), typeName(schema), descriptionOf(schema)]);
  return [
    `### ${name}`,
    '',
    description,
    '',
    `- Route: ${routes.map(code).join(', ')}`,
    `- Who: ${typeof auth === 'string' ? auth : auth.join(' or ')}`,
    `- Answer: ${response ? code(typeName(response)) + (successStatus === undefined ? '' : ` (${successStatus})`) : 'none (204)'}`,
    '',
    ...(members.length === 0 ? [] : [...table(['Member', 'Type', 'Meaning'], members), '']),
  ];
}

function descriptionOf(schema: TSchema): string {
  return 'description' in schema && typeof schema.description === 'string' ? schema.description : '';
}

/** How a schema is named in the contract: its type name, the values of an enum, or a plain type; `[]` after a list's items. */
function typeName(schema: TSchema): string {
  const info = dtoInfo(schema);
  if (info) return info.name;
  const reference: unknown = Reflect.get(schema, 'x-ref');
  if (typeof reference === 'string') return reference;
  const values = enumValues(schema);
  if (values) return values.join(', ');
  if ('items' in schema && isSchema(schema.items)) return `${typeName(schema.items)}[]`;
  return 'type' in schema ? String(schema.type) : 'any';
}

function enumValues(schema: TSchema): readonly string[] | undefined {
  const info: unknown = Reflect.get(schema, 'x-enum');
  if (typeof info !== 'object' || info === null || !('values' in info) || !Array.isArray(info.values)) return undefined;
  return info.values.map(String);
}

function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null;
}
