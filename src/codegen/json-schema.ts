import { allDtos } from '../contracts/dto.ts';
import { type EnumShape, type Member, type ObjectShape, objectShapeOf, type Shape } from '../formats/shape.ts';

/** A JSON Schema, as OpenAPI documents hold it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The schema of a value; named types are references that begin with `prefix`, for example `#/components/schemas/`. */
export function jsonSchemaOf(shape: Shape, prefix: string): JsonSchema {
  switch (shape.kind) {
    case 'text':
      return { type: 'string' };
    case 'flag':
      return { type: 'boolean' };
    case 'integer':
      return { type: 'integer', format: shape.isLong ? 'int64' : 'int32' };
    case 'number':
      return { type: 'number', format: 'double' };
    case 'enum':
    case 'object':
      return { $ref: prefix + schemaName(shape.name) };
    case 'list':
      return { type: 'array', items: jsonSchemaOf(shape.item, prefix) };
    case 'map':
      return { type: 'object', additionalProperties: jsonSchemaOf(shape.value, prefix) };
  }
}

/** The schemas of all types and enums of the contract, by the names that references use. */
export function namedSchemas(prefix: string): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  for (const shape of allDtos().map(objectShapeOf)) {
    schemas[schemaName(shape.name)] = objectSchema(shape, prefix);
    for (const enumeration of shape.members.flatMap((member) => enumsIn(member.shape))) {
      schemas[enumeration.name] = { type: 'string', enum: [...enumeration.values.values()] };
    }
  }
  return schemas;
}

/** A member as a property or parameter: what it means stands beside its type. */
export function memberSchema({ shape, description }: Member, prefix: string): JsonSchema {
  return { ...jsonSchemaOf(shape, prefix), ...(description !== '' && { description }) };
}

function objectSchema(shape: ObjectShape, prefix: string): JsonSchema {
  const required = shape.members.filter((member) => member.required).map(({ jsonName }) => jsonName);
  return {
    type: 'object',
    description: shape.description,
    properties: Object.fromEntries(shape.members.map((member) => [member.jsonName, memberSchema(member, prefix)])),
    ...(required.length > 0 && { required }),
  };
}

/** Names of components have no brackets (OpenAPI 3.1, 4.8.7): `ListResponse<SessionInfo>` is `ListResponse_SessionInfo`. */
function schemaName(name: string): string {
  return name.replace('<', '_').replace('>', '');
}

function enumsIn(shape: Shape): readonly EnumShape[] {
  switch (shape.kind) {
    case 'enum':
      return [shape];
    case 'list':
      return enumsIn(shape.item);
    case 'map':
      return enumsIn(shape.value);
    default:
      return [];
  }
}
