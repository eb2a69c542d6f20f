import type { Member, ObjectShape, Shape } from './shape.ts';

/** Namespaces and names as .NET's DataContractSerializer has them (servicestack.md 2.2). */
export const arraysNamespace = 'http://schemas.microsoft.com/2003/10/Serialization/Arrays';
export const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance';

/** ServiceStack's own types: a namespace without the C# one, and members in the order of declaration. */
const SERVICESTACK = 'ServiceStack';

/** The element name of a dictionary of a type of ours ends in a digest whose rule is not known: the literals that are. */
const digests: Readonly<Record<string, string>> = { NodeParameter: 'ipFhVFNS' };

/** The XML namespace of a C# namespace. */
export function xmlNamespace(namespace: string): string {
  return namespace === SERVICESTACK ? 'http://schemas.servicestack.net/types' : `http://schemas.datacontract.org/2004/07/${namespace}`;
}

/** The element name of a value that stands by itself: as a list item or as the root. */
export function typeName(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return 'string';
    case 'flag':
      return 'boolean';
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'enum':
      return shape.name;
    case 'object':
      return shape.name.replace('<', 'Of').replace('>', '');
    case 'list':
      return `ArrayOf${typeName(shape.item)}`;
    case 'map':
      return `ArrayOf${entryName(shape.value)}`;
  }
}

/** The element name of an entry of a dictionary from strings to values of this shape. */
export function entryName(value: Shape): string {
  const name = typeName(value);
  return `KeyValueOfstring${name}${digests[name] ?? ''}`;
}

/** The XML namespace of the element that `typeName` names. */
export function typeNamespace(shape: Shape): string {
  switch (shape.kind) {
    case 'enum':
    case 'object':
      return xmlNamespace(shape.namespace);
    case 'list':
      return typeNamespace(shape.item);
    default:
      return arraysNamespace;
  }
}

/** The XML namespace of the elements inside a value, or undefined for a value that has none. */
export function contentNamespace(shape: Shape): string | undefined {
  switch (shape.kind) {
    case 'object':
      return xmlNamespace(shape.namespace);
    case 'list':
      return typeNamespace(shape.item);
    case 'map':
      return arraysNamespace;
    default:
      return undefined;
  }
}

const sorted = new WeakMap<ObjectShape, readonly Member[]>();

/** Members in the order of a data contract: those of the base first, then by name; ServiceStack's own types as declared. */
export function orderedMembers(shape: ObjectShape): readonly Member[] {
  if (shape.namespace === SERVICESTACK) return shape.members;
  let members = sorted.get(shape);
  if (!members) {
    members = [...shape.members].sort((a, b) => Number(b.inherited) - Number(a.inherited) || (a.name < b.name ? -1 : 1));
    sorted.set(shape, members);
  }
  return members;
}
