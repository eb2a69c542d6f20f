import type { TSchema } from 'typebox';
import { allDtos, allOperations, dtoByName, type MarkerInterface, type Operation } from '../contracts/dto.ts';
import { type EnumShape, type Member, type ObjectShape, objectShapeOf, rootShapeOf, type Shape } from '../formats/shape.ts';

/** The types of the contract as classes: what pages, generated code and descriptions for machines are made from. */
export interface TypeModel {
  /** Bases and referenced types before their users; requests last, in the order of declaration. */
  readonly types: readonly ModelType[];
  readonly operations: readonly ModelOperation[];
  typeNamed(name: string): ModelType | undefined;
  /** By the name of the operation, in any case. */
  operationNamed(name: string): ModelOperation | undefined;
}

export type ModelType = ModelClass | ModelEnum;

export interface ModelClass {
  readonly kind: 'class';
  /** Without arguments: `ListResponse`. */
  readonly name: string;
  readonly typeParameters: readonly string[];
  /** C# namespace. */
  readonly namespace: string;
  readonly description: string;
  readonly base: ClassReference | undefined;
  /** Without those of the bases, in the order of declaration. */
  readonly members: readonly ModelMember[];
  /** ServiceStack's own types have `[DataContract]` and `[DataMember(Order)]`; the service's own do not. */
  readonly isDataContract: boolean;
  /** What the class declares itself; what its bases declare it has too. */
  readonly implements: readonly string[];
  /** The operation that the class is the request of. */
  readonly operation: Operation | undefined;
}

export interface ModelMember {
  /** PascalCase, as in C#. */
  readonly name: string;
  /** camelCase, as in JSON. */
  readonly jsonName: string;
  /** Empty if there is none. */
  readonly description: string;
  readonly type: TypeReference;
  readonly required: boolean;
  /** `[DataMember(Order)]`, from 1. Undefined where the class is no data contract. */
  readonly order: number | undefined;
}

export interface ModelEnum {
  readonly kind: 'enum';
  readonly name: string;
  readonly namespace: string;
  /** Their position is their number. */
  readonly values: readonly string[];
}

export type TypeReference =
  | { readonly kind: 'scalar'; readonly name: ScalarName; readonly nullable: boolean }
  | { readonly kind: 'enum'; readonly name: string; readonly nullable: boolean }
  | ClassReference
  | ListReference
  /** A dictionary; its keys are strings. */
  | { readonly kind: 'map'; readonly value: TypeReference }
  | { readonly kind: 'parameter'; readonly name: string };

export interface ClassReference {
  readonly kind: 'class';
  readonly name: string;
  readonly arguments: readonly TypeReference[];
}

export interface ListReference {
  readonly kind: 'list';
  readonly item: TypeReference;
}

/** As C# names them. A `string` may always be null. */
export type ScalarName = 'string' | 'bool' | 'int' | 'long' | 'double';

export interface ModelOperation {
  readonly operation: Operation;
  readonly request: ModelClass;
  /** Undefined: the answer is 204. */
  readonly response: ClassReference | ListReference | undefined;
  /** The verb that clients use: POST > PUT > PATCH > GET > DELETE (servicestack.md 5.1). */
  readonly verb: Verb;
  readonly markerInterface: MarkerInterface;
}

const verbs = ['POST', 'PUT', 'PATCH', 'GET', 'DELETE'] as const;
type Verb = (typeof verbs)[number];

const markers: Readonly<Record<Verb, MarkerInterface>> = { POST: 'IPost', PUT: 'IPut', PATCH: 'IPatch', GET: 'IGet', DELETE: 'IDelete' };

let made: TypeModel | undefined;

/** The model of all types and operations that are declared. It is made when it is first asked for, and kept. */
export function typeModel(): TypeModel {
  made ??= makeModel();
  return made;
}

/** How C# spells a type: `List<string>`, `int?`, `Dictionary<string,NodeParameter>`, `ListResponse<FlowInfo>` (servicestack.md 5.1). */
export function csharpType(reference: TypeReference): string {
  switch (reference.kind) {
    case 'scalar':
      return reference.name + (reference.nullable && reference.name !== 'string' ? '?' : '');
    case 'enum':
      return reference.name + (reference.nullable ? '?' : '');
    case 'class':
      return reference.name + (reference.arguments.length === 0 ? '' : `<${reference.arguments.map(csharpType).join(',')}>`);
    case 'list':
      return `List<${csharpType(reference.item)}>`;
    case 'map':
      return `Dictionary<string,${csharpType(reference.value)}>`;
    case 'parameter':
      return reference.name;
  }
}

/** A class with its type parameters: `ListResponse<T>`. */
export function declaredName({ name, typeParameters }: ModelClass): string {
  return typeParameters.length === 0 ? name : `${name}<${typeParameters.join(', ')}>`;
}

/** Names of the classes and enums that a type is made of. */
export function namesIn(reference: TypeReference): readonly string[] {
  switch (reference.kind) {
    case 'enum':
      return [reference.name];
    case 'class':
      return [reference.name, ...reference.arguments.flatMap(namesIn)];
    case 'list':
      return namesIn(reference.item);
    case 'map':
      return namesIn(reference.value);
    default:
      return [];
  }
}

/** Names of the classes and enums that a type itself refers to: its base, then its members. */
export function referencesOf(type: ModelType): readonly string[] {
  if (type.kind === 'enum') return [];
  const references = type.members.map((member) => member.type);
  return (type.base ? [type.base, ...references] : references).flatMap(namesIn);
}

/** The types of these names and all that they refer to: bases and referenced types before their users. */
export function closure(names: readonly string[]): readonly ModelType[] {
  return closureIn(typeModel().typeNamed, names);
}

/** The operation that a class is the request of, if it is one. */
export function operationOf({ name, operation }: ModelClass): ModelOperation | undefined {
  return operation && typeModel().operationNamed(name);
}

/** The types of an operation in the order of dependency: the request comes last. */
export function typesOfOperation(operation: ModelOperation): readonly ModelType[] {
  return closure(rootsOf(operation));
}

/** Names of the types that an operation itself refers to: its answer, then its request. */
export function rootsOf({ request, response }: ModelOperation): readonly string[] {
  return [...(response ? namesIn(response) : []), request.name];
}

/** A member that refers to a type under way, and so to itself, is written after it: only bases must come first. */
function closureIn(typeNamed: TypeModel['typeNamed'], names: readonly string[]): readonly ModelType[] {
  const found = new Set<ModelType>();
  const underWay = new Set<string>();
  const visit = (name: string): void => {
    const type = typeNamed(name);
    if (!type || underWay.has(name)) return;
    underWay.add(name);
    for (const reference of referencesOf(type)) visit(reference);
    found.add(type);
  };
  for (const name of names) visit(name);
  return [...found];
}

function makeModel(): TypeModel {
  const operations = allOperations();
  const byRequest = new Map(operations.map((operation) => [operation.name, operation]));
  const byName = new Map<string, ModelType>();
  for (const shape of allDtos().map(objectShapeOf)) {
    for (const enumeration of shape.members.flatMap(({ shape }) => enumsIn(shape)))
      if (!byName.has(enumeration.name)) byName.set(enumeration.name, makeEnum(enumeration));
    const { name } = parseName(shape.name);
    if (!byName.has(name)) byName.set(name, makeClass(shape, byRequest.get(name)));
  }
  const typeNamed = (name: string) => byName.get(name);
  const modelOperations = operations.map((operation) => makeOperation(operation, typeNamed));
  const byLowerName = new Map(modelOperations.map((operation) => [operation.request.name.toLowerCase(), operation]));
  const names = [...byName.keys()];
  return {
    types: closureIn(typeNamed, [...names.filter((name) => !byRequest.has(name)), ...byRequest.keys()]),
    operations: modelOperations,
    typeNamed,
    operationNamed: (name) => byLowerName.get(name.toLowerCase()),
  };
}

function makeOperation(operation: Operation, typeNamed: TypeModel['typeNamed']): ModelOperation {
  const request = typeNamed(operation.name);
  if (request?.kind !== 'class') throw new Error(`${operation.name} has no request type`);
  const verb = verbOf(operation);
  const response = operation.response && responseOf(operation.response);
  return { operation, request, response, verb, markerInterface: markers[verb] };
}

function responseOf(schema: TSchema): ClassReference | ListReference {
  const shape = rootShapeOf(schema);
  return shape.kind === 'list' ? { kind: 'list', item: referenceTo(shape.item, false, undefined) } : classReference(shape.name, undefined);
}

function verbOf({ name, routes }: Operation): Verb {
  const verb = verbs.find((one) => routes.some((route) => route.startsWith(`${one} `)));
  if (!verb) throw new Error(`${name} has no route`);
  return verb;
}

/** A use of a generic class, `ListResponse<SessionInfo>`, stands for the class: where its argument stands is its type parameter. */
function makeClass(shape: ObjectShape, operation: Operation | undefined): ModelClass {
  const { name, argument } = parseName(shape.name);
  const isDataContract = shape.namespace === 'ServiceStack';
  const own = shape.members.filter((member) => !member.inherited);
  return {
    kind: 'class',
    name,
    typeParameters: argument === undefined ? [] : ['T'],
    namespace: shape.namespace,
    description: shape.description,
    base: shape.base === undefined ? undefined : classReference(shape.base, undefined),
    members: own.map((member, index) => makeMember(member, isDataContract ? index + 1 : undefined, argument)),
    isDataContract,
    implements: interfacesOf(shape, operation),
    operation,
  };
}

/** A request declares the interface of its verb, unless a base has one; ServiceStack's own types with `meta` declare `IMeta`. */
function interfacesOf(shape: ObjectShape, operation: Operation | undefined): readonly string[] {
  const ofBase = shape.base === undefined ? undefined : objectShapeOf(dtoByName(shape.base)).marker;
  const marker = shape.marker ?? (operation && !ofBase ? markers[verbOf(operation)] : undefined);
  const hasMeta = shape.namespace === 'ServiceStack' && shape.memberByName.has('meta');
  return [...(marker ? [marker] : []), ...(hasMeta ? ['IMeta'] : [])];
}

function makeMember(member: Member, order: number | undefined, argument: string | undefined): ModelMember {
  const { name, jsonName, description, required, shape, neverNil } = member;
  return { name, jsonName, description, required, order, type: referenceTo(shape, !neverNil, argument) };
}

function makeEnum({ name, namespace, values }: EnumShape): ModelEnum {
  return { kind: 'enum', name, namespace, values: [...values.values()] };
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

/** @param argument the type that a type parameter stands for, if any */
function referenceTo(shape: Shape, nullable: boolean, argument: string | undefined): TypeReference {
  switch (shape.kind) {
    case 'text':
      return { kind: 'scalar', name: 'string', nullable: true };
    case 'flag':
      return { kind: 'scalar', name: 'bool', nullable };
    case 'integer':
      return { kind: 'scalar', name: shape.isLong ? 'long' : 'int', nullable };
    case 'number':
      return { kind: 'scalar', name: 'double', nullable };
    case 'enum':
      return { kind: 'enum', name: shape.name, nullable };
    case 'list':
      return { kind: 'list', item: referenceTo(shape.item, false, argument) };
    case 'map':
      return { kind: 'map', value: referenceTo(shape.value, false, argument) };
    case 'object':
      return shape.name === argument ? { kind: 'parameter', name: 'T' } : classReference(shape.name, argument);
  }
}

function classReference(written: string, parameter: string | undefined): ClassReference {
  const { name, argument } = parseName(written);
  if (argument === undefined) return { kind: 'class', name, arguments: [] };
  const inner: TypeReference = argument === parameter ? { kind: 'parameter', name: 'T' } : classReference(argument, undefined);
  return { kind: 'class', name, arguments: [inner] };
}

/** The parts of `ListResponse<SessionInfo>`. */
function parseName(written: string): { readonly name: string; readonly argument: string | undefined } {
  const open = written.indexOf('<');
  return open === -1 ? { name: written, argument: undefined } : { name: written.slice(0, open), argument: written.slice(open + 1, -1) };
}
