import type { ObjectShape, Shape } from './shape.ts';
import { layOutXml } from './xml-layout.ts';
import {
  arraysNamespace,
  contentNamespace,
  entryName,
  instanceNamespace,
  orderedMembers,
  typeName,
  typeNamespace,
  xmlNamespace,
} from './xml-names.ts';

/** Which namespaces are declared where an element stands. */
interface Scope {
  readonly depth: number;
  readonly defaultNamespace: string;
  /** Prefixes by namespace. */
  readonly prefixes: ReadonlyMap<string, string>;
}

const noPrefixes: ReadonlyMap<string, string> = new Map();

/**
 * XML as DataContractSerializer writes it (servicestack.md 2.2): the root is the type's name in its namespace, members are sorted,
 * absent ones are `i:nil`. Members that the shape does not declare are left out.
 */
export function writeXml(value: unknown, shape: Shape): string {
  return `<?xml version="1.0" encoding="utf-8"?>${rootElement(value, shape)}`;
}

/** The same for people: without the declaration, a line for each element (servicestack.md 2.2, 5.1). */
export function writeXmlSample(value: unknown, shape: Shape): string {
  return layOutXml(rootElement(value, shape));
}

function rootElement(value: unknown, shape: Shape): string {
  const namespace = typeNamespace(shape);
  const scope: Scope = { depth: 1, defaultNamespace: namespace, prefixes: noPrefixes };
  return element(typeName(shape), ` xmlns:i="${instanceNamespace}" xmlns="${namespace}"`, value, shape, scope);
}

/** An element whose name and declarations are settled. */
function element(name: string, attributes: string, value: unknown, shape: Shape, scope: Scope): string {
  if (value === undefined || value === null) return `<${name}${attributes} i:nil="true"/>`;
  const inside = contentNamespace(shape);
  let inner = scope;
  let declarations = attributes;
  if (inside !== undefined && inside !== scope.defaultNamespace && !scope.prefixes.has(inside)) {
    const prefix = `d${scope.depth}p1`;
    inner = { ...scope, prefixes: new Map([...scope.prefixes, [inside, prefix]]) };
    declarations += ` xmlns:${prefix}="${inside}"`;
  }
  const content = contentOf(value, shape, { ...inner, depth: scope.depth + 1 });
  return content === '' ? `<${name}${declarations}/>` : `<${name}${declarations}>${content}</${name}>`;
}

/** An element in a namespace, which it declares as its default when nothing around it has. */
function elementIn(namespace: string, name: string, value: unknown, shape: Shape, scope: Scope): string {
  if (namespace === scope.defaultNamespace) return element(name, '', value, shape, scope);
  const prefix = scope.prefixes.get(namespace);
  if (prefix !== undefined) return element(`${prefix}:${name}`, '', value, shape, scope);
  return element(name, ` xmlns="${namespace}"`, value, shape, { ...scope, defaultNamespace: namespace });
}

function contentOf(value: unknown, shape: Shape, scope: Scope): string {
  switch (shape.kind) {
    case 'text':
    case 'flag':
    case 'integer':
    case 'number':
    case 'enum':
      return escapeText(String(value));
    case 'list':
      return Array.isArray(value) ? listItems(value, shape.item, scope) : '';
    case 'map':
      return typeof value === 'object' && value !== null ? mapEntries(value, shape.value, scope) : '';
    case 'object':
      return typeof value === 'object' && value !== null ? objectMembers(value, shape, scope) : '';
  }
}

function listItems(items: readonly unknown[], shape: Shape, scope: Scope): string {
  const name = typeName(shape);
  const namespace = typeNamespace(shape);
  return items.map((item) => elementIn(namespace, name, item, shape, scope)).join('');
}

function mapEntries(map: object, shape: Shape, scope: Scope): string {
  const prefix = scope.prefixes.get(arraysNamespace);
  const qualify = (name: string) => (prefix === undefined ? name : `${prefix}:${name}`);
  const entry = qualify(entryName(shape));
  const inner = { ...scope, depth: scope.depth + 1 };
  return Object.entries(map)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => {
      const keyElement = `<${qualify('Key')}>${escapeText(key)}</${qualify('Key')}>`;
      return `<${entry}>${keyElement}${elementIn(arraysNamespace, 'Value', value, shape, inner)}</${entry}>`;
    })
    .join('');
}

function objectMembers(object: object, shape: ObjectShape, scope: Scope): string {
  let text = '';
  for (const member of orderedMembers(shape)) {
    const value: unknown = Reflect.get(object, member.jsonName);
    if (member.neverNil && (value === undefined || value === null)) continue;
    text += elementIn(xmlNamespace(member.namespace), member.name, value, member.shape, scope);
  }
  return text;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

/**
 * Text of an element. A carriage return is written as a reference, because readers turn a bare one into a line feed. Characters that
 * XML 1.0 does not allow at all (section 2.2) become U+FFFD.
 */
export function escapeText(text: string): string {
  return toLegalText(text).replace(/[&<>\r]/g, (character) => escapes[character] ?? character);
}

/** `text` with U+FFFD for each character that XML 1.0 does not allow: most controls, lone surrogates, U+FFFE and U+FFFF. */
export function toLegalText(text: string): string {
  return text.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
