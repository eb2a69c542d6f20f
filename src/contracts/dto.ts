import type { Static, TObject, TProperties, TSchema, TUnsafe } from 'typebox';
import { Type } from 'typebox';

/** Roles of a login. `Admin` satisfies every check, as in ServiceStack; otherwise no role implies another. */
export const roles = ['SystemAdministrator', 'Manager', 'Customer', 'User', 'CallCenterDashboard', 'Admin'] as const;
export type Role = (typeof roles)[number];

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** An interface without members by which ServiceStack's clients know the verb of a request. */
export type MarkerInterface = `I${Capitalize<Lowercase<Verb>>}`;

/** What the formats and the metadata need to know of a named type, kept on its schema. */
export interface DtoInfo {
  /** `SessionInfo`; a use of a generic type has its arguments in the name: `ListResponse<SessionInfo>`. */
  readonly name: string;
  /** C# namespace, for example `Voice.Api.Sessions`; the XML namespace is derived from it. */
  readonly namespace: string;
  readonly description: string;
  /** Name of the type whose members come first; they are part of this schema too. */
  readonly base?: string;
  /** What the class itself declares in C#, for types that requests derive from. */
  readonly marker?: MarkerInterface;
}

const registry = new Map<string, TObject>();

/** Declares a named type of the contract once: its TypeScript type, validation and every wire format come from here. */
export function dto<const Members extends TProperties>(info: DtoInfo, members: Members): TObject<Members> {
  const schema = Type.Object(members, { 'x-dto': info, additionalProperties: true });
  registry.set(info.name, schema);
  return schema;
}

/** All named types, in the order of declaration. */
export function allDtos(): readonly TObject[] {
  return [...registry.values()];
}

/** The schema of a named type. @throws Error when no such type is declared: a mistake of ours, not of a caller. */
export function dtoByName(name: string): TObject {
  const schema = registry.get(name);
  if (!schema) throw new Error(`No type named ${name} is declared in contracts/`);
  return schema;
}

/** The information kept on a named type, or undefined for an anonymous schema. */
export function dtoInfo(schema: TSchema): DtoInfo | undefined {
  const info: unknown = Reflect.get(schema, 'x-dto');
  return typeof info === 'object' && info !== null ? (info as DtoInfo) : undefined;
}

/** A member that may be absent, with the sentence that the metadata prints for it. Members are camelCase, as in JSON. */
export function optional<Schema extends TSchema>(schema: Schema, description?: string) {
  return Type.Optional<Schema>(description === undefined ? schema : withKeyword(schema, 'description', description));
}

/** A copy of `schema` with one keyword more. A spread would lose the library's own marks, which are not enumerable. */
function withKeyword<Schema extends TSchema>(schema: Schema, keyword: string, value: unknown): Schema {
  const descriptors = { ...Object.getOwnPropertyDescriptors(schema), [keyword]: { value, enumerable: true } };
  return Object.defineProperties(Object.create(null), descriptors);
}

/** A member whose type refers to itself or is declared later: named here, looked up when it is used. */
export function named<T>(name: string): TUnsafe<T> {
  return Type.Unsafe<T>({ 'x-ref': name });
}

/**
 * A member whose type in the contract is a nullable value type, such as `bool?`. XML then writes its absence as `i:nil`, where an absent
 * member of another value type is left out, because a client could not read nil into it.
 */
export function nullable<Schema extends TSchema>(schema: Schema): Schema {
  return withKeyword(schema, 'x-nullable', true);
}

/** A string that is one of `values`; read without regard to case, written as declared. */
export function oneOf<const Values extends readonly string[]>(name: string, values: Values): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', 'x-enum': { name, values } });
}

export const text = Type.String();
export const flag = Type.Boolean();
export const count = Type.Integer();
/** A whole number that is a `long` in C#. */
export const longCount = Type.Integer({ 'x-long': true });
export const texts = Type.Array(Type.String());
export const textMap = Type.Record(Type.String(), Type.String());

/** An operation of the contract, written once; route, validator, handler type and documentation come from it. */
export interface Operation<Request extends TObject = TObject, Response extends TSchema = TSchema> {
  readonly name: string;
  readonly description: string;
  readonly routes: readonly `${Verb} /${string}`[];
  readonly tag: string;
  /** `public`, `login` = any login, or the roles of which one is enough. */
  readonly auth: 'public' | 'login' | readonly Role[];
  /** In the original its code refuses who may not use it, not a filter before it: 401 and 403 always have a body (servicestack.md 3.2). */
  readonly refusesItself?: true;
  readonly request: Request;
  /** Absent: the answer is 204 without a body. */
  readonly response?: Response;
  /** The status of an answer with a value. 200 if absent. */
  readonly successStatus?: 201;
  /** Its bodies may be as long as those of batches, because a flow is in them. */
  readonly takesLongBody?: true;
}

const operations = new Map<string, Operation>();

/** Declares an operation. The name of its request type is the name of the operation. */
export function operation<Request extends TObject, Response extends TSchema>(
  declaration: Omit<Operation<Request, Response>, 'name' | 'description'>,
): Operation<Request, Response> {
  const info = dtoInfo(declaration.request);
  if (!info) throw new Error('The request of an operation is declared with dto()');
  const complete = { ...declaration, name: info.name, description: info.description };
  operations.set(info.name, complete);
  return complete;
}

/** All operations that are declared, in the order of declaration. */
export function allOperations(): readonly Operation[] {
  return [...operations.values()];
}

export type RequestOf<O> = O extends Operation<infer Request, TSchema> ? Static<Request> : never;
export type ResponseOf<O> = O extends Operation<TObject, infer Response> ? Static<Response> : never;
