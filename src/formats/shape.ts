import type { TSchema } from 'typebox';
import { dtoByName, dtoInfo, type MarkerInterface } from '../contracts/dto.ts';
import { pascalName } from './names.ts';

/** What every format walks instead of the schema: this file alone knows how TypeBox keeps things. */
export type Shape = ScalarShape | ListShape | MapShape | ObjectShape;

/** What a whole body is: a named type, or a list of one. */
export type RootShape = ObjectShape | ListShape;

export type ScalarShape =
  | { readonly kind: 'text' }
  | { readonly kind: 'flag' }
  /** `isLong`: it has 64 bits in C#. */
  | { readonly kind: 'integer'; readonly isLong?: boolean }
  | { readonly kind: 'number' }
  | EnumShape;

export interface EnumShape {
  readonly kind: 'enum';
  readonly name: string;
  readonly namespace: string;
  /** The declared spelling by the lower-case one. */
  readonly values: ReadonlyMap<string, string>;
}

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
}

export interface MapShape {
  readonly kind: 'map';
  readonly value: Shape;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly name: string;
  /** C# namespace. */
  readonly namespace: string;
  readonly description: string;
  /** Name of the type whose members come first. */
  readonly base: string | undefined;
  readonly marker: MarkerInterface | undefined;
  /** In the order of declaration, with those of the bases. */
  readonly members: readonly Member[];
  /** By JSON name, by C# name, and by either in lower case. */
  readonly memberByName: ReadonlyMap<string, Member>;
}

export interface Member {
  /** As in JSON: camelCase. */
  readonly jsonName: string;
  /** As in XML and in the field names of errors: PascalCase. */
  readonly name: string;
  /** C# namespace of the type that declares the member: a base, or the type itself. */
  readonly namespace: string;
  /** Whether a base declares the member. */
  readonly inherited: boolean;
  /** Whether the type is a value type of C# that cannot be null: absent, it has no `i:nil`. */
  readonly neverNil: boolean;
  /** Whether it is always there. */
  readonly required: boolean;
  /** The sentence that the metadata prints for it; empty if there is none. */
  readonly description: string;
  readonly shape: Shape;
}

const bySchema = new WeakMap<TSchema, Shape>();
const objectByName = new Map<string, ObjectShape>();

/**
 * The shape of a schema, made once for each.
 * @throws Error for a schema of a kind that no wire format has: a mistake of ours, not of a caller.
 */
export function shapeOf(schema: TSchema): Shape {
  const known = bySchema.get(schema);
  if (known) return known;
  const shape = makeShape(schema, '');
  bySchema.set(schema, shape);
  return shape;
}

/** The shape of a schema that was made with `dto()`. @throws Error for any other. */
export function objectShapeOf(schema: TSchema): ObjectShape {
  const shape = shapeOf(schema);
  if (shape.kind !== 'object') throw new Error('This schema was not made with dto()');
  return shape;
}

/** The shape of what can be a whole body. @throws Error for any other schema than one made with `dto()` or a list of one. */
export function rootShapeOf(schema: TSchema): RootShape {
  const shape = shapeOf(schema);
  if (shape.kind === 'object' || (shape.kind === 'list' && shape.item.kind === 'object')) return shape;
  throw new Error('This schema was not made with dto(), nor is it a list of one that was');
}

function makeShape(schema: TSchema, namespace: string): Shape {
  const reference = keyword(schema, 'x-ref');
  if (typeof reference === 'string') return objectShape(reference);
  const info = dtoInfo(schema);
  if (info) return objectShape(info.name);
  const enumeration = keyword(schema, 'x-enum');
  if (isObject(enumeration)) return enumShape(enumeration, namespace);
  switch (keyword(schema, 'type')) {
    case 'string':
      return { kind: 'text' };
    case 'boolean':
      return { kind: 'flag' };
    case 'integer':
      return { kind: 'integer', isLong: keyword(schema, 'x-long') === true };
    case 'number':
      return { kind: 'number' };
    case 'array':
      return { kind: 'list', item: makeShape(inner(schema, 'items'), namespace) };
    case 'object':
      return { kind: 'map', value: makeShape(inner(inner(schema, 'patternProperties'), '^.*$'), namespace) };
    default:
      throw new Error('No wire format has a shape for this schema');
  }
}

/** The member with this name in any case. */
export function memberNamed(shape: ObjectShape, name: string): Member | undefined {
  return shape.memberByName.get(name) ?? shape.memberByName.get(name.toLowerCase());
}

function namesOf(member: Member): string[] {
  return [member.jsonName, member.name, member.name.toLowerCase()];
}

/** Members are made when they are first asked for, because a type may refer to itself or to one declared later. */
function objectShape(name: string): ObjectShape {
  const known = objectByName.get(name);
  if (known) return known;
  const schema = dtoByName(name);
  const { namespace = '', description = '', base, marker } = dtoInfo(schema) ?? {};
  let made: readonly Member[] | undefined;
  let byName: ReadonlyMap<string, Member> | undefined;
  const shape: ObjectShape = {
    kind: 'object',
    name,
    namespace,
    description,
    base,
    marker,
    get members() {
      made ??= Object.entries(schema.properties).map(([jsonName, member]) => makeMember(schema, jsonName, member));
      return made;
    },
    get memberByName() {
      byName ??= new Map(shape.members.flatMap((member) => namesOf(member).map((known) => [known, member])));
      return byName;
    },
  };
  objectByName.set(name, shape);
  return shape;
}

function makeMember(owner: TSchema, jsonName: string, schema: TSchema): Member {
  const declaring = declaringType(owner, jsonName);
  const namespace = dtoInfo(declaring)?.namespace ?? '';
  const shape = makeShape(schema, namespace);
  const description = keyword(schema, 'description');
  const isValueType = shape.kind === 'flag' || shape.kind === 'integer' || shape.kind === 'number' || shape.kind === 'enum';
  return {
    jsonName,
    name: pascalName(jsonName),
    namespace,
    inherited: declaring !== owner,
    neverNil: isValueType && keyword(schema, 'x-nullable') !== true,
    required: isRequired(owner, jsonName),
    description: typeof description === 'string' ? description : '',
    shape,
  };
}

/** The base that declares a member, or the type itself. */
function declaringType(owner: TSchema, jsonName: string): TSchema {
  const base = dtoInfo(owner)?.base;
  if (base === undefined) return owner;
  const schema = dtoByName(base);
  return Object.hasOwn(schema.properties, jsonName) ? declaringType(schema, jsonName) : owner;
}

function isRequired(owner: TSchema, jsonName: string): boolean {
  const required = keyword(owner, 'required');
  return Array.isArray(required) && required.includes(jsonName);
}

function enumShape(enumeration: object, namespace: string): EnumShape {
  const name: unknown = Reflect.get(enumeration, 'name');
  const values: unknown = Reflect.get(enumeration, 'values');
  if (typeof name !== 'string' || !Array.isArray(values)) throw new Error('An enum is declared with oneOf()');
  const spellings = new Map(values.map((value) => [String(value).toLowerCase(), String(value)]));
  return { kind: 'enum', name, namespace, values: spellings };
}

function inner(schema: object, name: string): TSchema {
  const found = keyword(schema, name);
  if (!isObject(found)) throw new Error(`A schema without ${name}`);
  return found;
}

function keyword(schema: object, name: string): unknown {
  return Reflect.get(schema, name);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
