import { FormatError } from './format.ts';
import { checkItems } from './limits.ts';
import { checkKey } from './misfit.ts';
import { readScalar } from './scalar.ts';
import type { ObjectShape, RootShape, Shape } from './shape.ts';
import { readAlongTrail, type Trail } from './trail.ts';
import { typeName, typeNamespace, xmlNamespace } from './xml-names.ts';
import { parseXml, type XmlElement } from './xml-tree.ts';

/**
 * The value of an XML document (servicestack.md 2.2; 10, D5): name and namespace of the root must match, members may come in any
 * order, those with another name or namespace are ignored, `i:nil` is absent.
 * @throws FormatError when the document cannot be read or does not fit the shape.
 */
export async function readXml(text: string, shape: RootShape): Promise<unknown> {
  const root = await parseXml(text);
  const namespace = typeNamespace(shape);
  const name = typeName(shape);
  if (root.name !== name || root.namespace !== namespace) {
    throw new FormatError(`The root is not the element '${name}' in the namespace '${namespace}'`);
  }
  if (shape.kind === 'list') checkItems(root.children.length);
  return readAlongTrail((trail) => readElement(root, shape, trail));
}

/** The value of an element that is not nil; undefined for an empty number, flag or enum. */
function readElement(element: XmlElement, shape: Shape, trail: Trail): unknown {
  switch (shape.kind) {
    case 'text':
    case 'flag':
    case 'integer':
    case 'number':
    case 'enum':
      if (element.children.length > 0) throw new FormatError('has elements where a single value belongs');
      return readScalar(shape, element.text);
    case 'list':
      return element.children.map((child, index) => readItem(child, index, shape.item, trail));
    case 'map':
      return readMap(element, shape.value, trail);
    case 'object':
      return readObject(element, shape, trail);
  }
}

/** The original names each item by its type; the name carries nothing that the schema does not know, so any is read. */
function readItem(element: XmlElement, index: number, shape: Shape, trail: Trail): unknown {
  trail.push(index);
  const item = element.nil ? undefined : readElement(element, shape, trail);
  if (item === undefined) throw new FormatError('is empty');
  trail.pop();
  return item;
}

/** Any `KeyValueOf…` element is an entry, because the end of its name follows no known rule (servicestack.md 10, D13). */
function readMap(element: XmlElement, shape: Shape, trail: Trail): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (const entry of element.children) {
    if (!entry.name.startsWith('KeyValueOf')) continue;
    const key = entry.children.find((child) => child.name === 'Key')?.text;
    const value = entry.children.find((child) => child.name === 'Value');
    if (key === undefined || !value) throw new FormatError('has an entry without Key or Value');
    checkKey(key);
    trail.push(key);
    const read = value.nil ? undefined : readElement(value, shape, trail);
    if (read !== undefined) map[key] = read;
    trail.pop();
  }
  return map;
}

/** Names of XML count as they are spelled, unlike those of JSON. */
function readObject(element: XmlElement, shape: ObjectShape, trail: Trail): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const child of element.children) {
    if (child.nil) continue;
    const member = shape.memberByName.get(child.name);
    if (!member || member.name !== child.name || xmlNamespace(member.namespace) !== child.namespace) continue;
    trail.push(member.name);
    const read = readElement(child, member.shape, trail);
    if (read !== undefined) object[member.jsonName] = read;
    trail.pop();
  }
  return object;
}
