import type { ObjectShape, Shape } from './shape.ts';

/** A text with one of these is put in quotes. */
const SPECIAL = /[":,{}[\]\r\n]/;

/**
 * JSV as ServiceStack writes it (servicestack.md 2.3): JSON without quotes where they are not needed, camelCase, `True` and `False`,
 * absent members, entries and items left out. Members that the shape does not declare are left out too.
 */
export function writeJsv(value: unknown, shape: Shape): string {
  return textOf(value, shape) ?? '';
}

/** Undefined for what is left out: nothing, and a number that is not finite, which has no spelling. */
function textOf(value: unknown, shape: Shape): string | undefined {
  if (value === undefined || value === null) return undefined;
  switch (shape.kind) {
    case 'text':
    case 'enum':
      return quoted(String(value));
    case 'flag':
      return value === true ? 'True' : 'False';
    case 'integer':
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'list':
      return Array.isArray(value) ? listText(value, shape.item) : undefined;
    case 'map':
      return typeof value === 'object' ? mapText(value, shape.value) : undefined;
    case 'object':
      return typeof value === 'object' ? objectText(value, shape) : undefined;
  }
}

function quoted(text: string): string {
  if (text === '') return '""';
  return SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function listText(items: readonly unknown[], shape: Shape): string {
  let text = '';
  for (const item of items) {
    const written = textOf(item, shape);
    if (written !== undefined) text += text === '' ? written : `,${written}`;
  }
  return `[${text}]`;
}

function mapText(map: object, shape: Shape): string {
  let text = '';
  for (const [key, entry] of Object.entries(map)) {
    const written = textOf(entry, shape);
    if (written !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${written}`;
  }
  return `{${text}}`;
}

function objectText(object: object, shape: ObjectShape): string {
  let text = '';
  for (const member of shape.members) {
    const written = textOf(Reflect.get(object, member.jsonName), member.shape);
    if (written !== undefined) text += `${text === '' ? '' : ','}${member.jsonName}:${written}`;
  }
  return `{${text}}`;
}
