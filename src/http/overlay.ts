import { FormatError } from '../formats/format.ts';
import { readScalar } from '../formats/scalar.ts';
import { type Member, memberNamed, type ObjectShape } from '../formats/shape.ts';
import type { FieldError } from '../kernel/errors.ts';
import type { Fields } from './address.ts';

export interface OverlayRules {
  /** Whether a member that has a value already is left alone, as on predefined routes (servicestack.md 1.2). */
  readonly onlyUnset: boolean;
}

/**
 * Lays named texts from a path, query or form over a request (servicestack.md 1.4): names without regard to case, empty texts skipped,
 * a repeated name joins with a comma, a list is written `1,2` or `[1,2]`.
 * @returns one entry for each member that could not be read; such a member is left as it was.
 */
export function overlay(target: object, shape: ObjectShape, fields: Fields, rules: OverlayRules): FieldError[] {
  const given = new Map<Member, string>();
  for (const [name, text] of fields) {
    const member = memberNamed(shape, name);
    if (!member || text === '') continue;
    if (rules.onlyUnset && Reflect.get(target, member.jsonName) !== undefined) continue;
    const before = given.get(member);
    given.set(member, before === undefined ? text : `${before},${text}`);
  }
  const problems: FieldError[] = [];
  for (const [member, text] of given) {
    try {
      const value = readMember(member, text);
      if (value !== undefined) Reflect.set(target, member.jsonName, value);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.push(problemOf(member, text));
    }
  }
  return problems;
}

function readMember(member: Member, text: string): unknown {
  const { shape } = member;
  switch (shape.kind) {
    case 'list': {
      const { item } = shape;
      if (item.kind === 'list' || item.kind === 'map' || item.kind === 'object') break;
      return splitList(text).flatMap((part) => readScalar(item, part) ?? []);
    }
    case 'map':
    case 'object':
      break;
    default:
      return readScalar(shape, text);
  }
  throw new FormatError('cannot be given in an address or form');
}

/** The items of a list in the JSV syntax: brackets around it and quotes around an item are optional (servicestack.md 2.3). */
export function splitList(text: string): string[] {
  const inner = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const items: string[] = [];
  let item = '';
  let quoted = false;
  for (let index = 0; index < inner.length; index++) {
    const character = inner.charAt(index);
    if (character === '"') {
      if (quoted && inner.charAt(index + 1) === '"') item += inner.charAt(index++);
      else quoted = !quoted;
    } else if (character === ',' && !quoted) {
      items.push(item);
      item = '';
    } else {
      item += character;
    }
  }
  items.push(item);
  return items.filter((one) => one !== '');
}

const SHOWN_LENGTH = 100;

function problemOf(member: Member, text: string): FieldError {
  const shown = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return { errorCode: 'SerializationException', fieldName: member.name, message: `'${shown}' is an Invalid value for '${member.name}'` };
}
