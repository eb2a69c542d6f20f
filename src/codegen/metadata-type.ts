import { type ClassReference, type ModelClass, type ModelMember, type ModelType, type TypeReference, typeModel } from './type-model.ts';

/** A type by its name in .NET: ``{ name: 'List`1', namespace: 'System.Collections.Generic', genericArgs: ['String'] }``. */
export interface MetadataTypeName {
  readonly name: string;
  /** Absent for a type parameter. */
  readonly namespace?: string;
  /** Written out: `Dictionary<String,FlowNode>`. */
  readonly genericArgs?: readonly string[];
}

/** A class or an enum (servicestack.md 5.2). */
export interface MetadataType extends MetadataTypeName {
  readonly inherits?: MetadataTypeName;
  readonly implements?: readonly MetadataTypeName[];
  readonly description?: string;
  readonly isEnum?: true;
  readonly isGenericTypeDef?: true;
  readonly dataContract?: object;
  readonly properties?: readonly MetadataProperty[];
  readonly attributes?: readonly MetadataAttribute[];
  readonly enumNames?: readonly string[];
  readonly enumValues?: readonly string[];
}

export interface MetadataProperty {
  /** PascalCase. */
  readonly name: string;
  readonly type: string;
  /** Of the type. */
  readonly namespace?: string;
  readonly genericArgs?: readonly string[];
  readonly isValueType?: true;
  readonly isEnum?: true;
  readonly isRequired?: true;
  readonly description?: string;
  readonly dataMember?: { readonly order: number };
  readonly attributes?: readonly MetadataAttribute[];
}

/** What stands in brackets above a class or a member: `[Api(Description="…")]`. */
export interface MetadataAttribute {
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly type: string; readonly value: string }[];
}

/** The name of a type that is referred to. */
export function metadataTypeName(reference: TypeReference): MetadataTypeName {
  switch (reference.kind) {
    case 'scalar':
      return reference.nullable && reference.name !== 'string'
        ? nullableOf(scalars[reference.name])
        : named('System', scalars[reference.name]);
    case 'enum':
      return reference.nullable ? nullableOf(reference.name) : named(namespaceOf(reference.name), reference.name);
    case 'class':
      return named(namespaceOf(reference.name), reference.name, reference.arguments.map(writtenOut));
    case 'list':
      return named('System.Collections.Generic', 'List', [writtenOut(reference.item)]);
    case 'map':
      return named('System.Collections.Generic', 'Dictionary', ['String', writtenOut(reference.value)]);
    case 'parameter':
      return { name: reference.name };
  }
}

/** A type as it is declared. */
export function metadataType(type: ModelType): MetadataType {
  if (type.kind === 'class') return { ...named(type.namespace, type.name, type.typeParameters), ...definition(type, type.members) };
  const { namespace, name, values } = type;
  return { ...named(namespace, name), isEnum: true, enumNames: values, enumValues: values.map((_value, index) => String(index)) };
}

/** A use of a class: where it is generic, its members have the types that are meant. */
export function metadataTypeInUse(reference: ClassReference): MetadataType {
  const type = typeModel().typeNamed(reference.name);
  if (type?.kind !== 'class') throw new Error(`${reference.name} is no class`);
  const [argument] = reference.arguments;
  if (!argument) return metadataType(type);
  const members = type.members.map((member) => ({ ...member, type: withArgument(member.type, argument) }));
  const { isGenericTypeDef: _declared, ...rest } = definition(type, members);
  return { ...metadataTypeName(reference), ...rest };
}

function definition(type: ModelClass, members: readonly ModelMember[]): Omit<MetadataType, keyof MetadataTypeName> {
  const { base, description, isDataContract, operation, typeParameters } = type;
  return {
    ...(base && { inherits: metadataTypeName(base) }),
    ...(type.implements.length > 0 && { implements: type.implements.map((name) => named('ServiceStack', name)) }),
    ...(description !== '' && { description }),
    ...(typeParameters.length > 0 && { isGenericTypeDef: true }),
    ...(isDataContract && { dataContract: {} }),
    ...(members.length > 0 && { properties: members.map(property) }),
    ...(operation && description !== '' && { attributes: [describing('Api', description)] }),
  };
}

function property({ name, type, required, description, order }: ModelMember): MetadataProperty {
  const { name: typeName, ...rest } = metadataTypeName(type);
  const isEnum = type.kind === 'enum';
  return {
    name,
    type: typeName,
    ...rest,
    ...((isEnum || (type.kind === 'scalar' && type.name !== 'string')) && { isValueType: true }),
    ...(isEnum && { isEnum }),
    ...(required && { isRequired: true }),
    ...(description !== '' && { description }),
    ...(order !== undefined && { dataMember: { order } }),
    ...(description !== '' && { attributes: [describing('ApiMember', description)] }),
  };
}

function describing(name: string, value: string): MetadataAttribute {
  return { name, args: [{ name: 'Description', type: 'String', value }] };
}

const scalars = { string: 'String', bool: 'Boolean', int: 'Int32', long: 'Int64', double: 'Double' } as const;

/** .NET writes the number of type parameters after a name: ``ListResponse`1``. */
function named(namespace: string, name: string, genericArgs: readonly string[] = []): MetadataTypeName {
  return genericArgs.length === 0 ? { name, namespace } : { name: `${name}\`${genericArgs.length}`, namespace, genericArgs };
}

function nullableOf(name: string): MetadataTypeName {
  return named('System', 'Nullable', [name]);
}

function namespaceOf(name: string): string {
  return typeModel().typeNamed(name)?.namespace ?? '';
}

function writtenOut(reference: TypeReference): string {
  const { name, genericArgs } = metadataTypeName(reference);
  return genericArgs ? `${name.slice(0, name.indexOf('`'))}<${genericArgs.join(',')}>` : name;
}

/** A type with `argument` where its type parameter stood. */
function withArgument(reference: TypeReference, argument: TypeReference): TypeReference {
  switch (reference.kind) {
    case 'parameter':
      return argument;
    case 'list':
      return { kind: 'list', item: withArgument(reference.item, argument) };
    case 'map':
      return { kind: 'map', value: withArgument(reference.value, argument) };
    case 'class':
      return { ...reference, arguments: reference.arguments.map((one) => withArgument(one, argument)) };
    default:
      return reference;
  }
}
