import { FormatError } from '../formats/format.ts';
import { readJsvMember } from '../formats/jsv-read.ts';
import { type Member, memberNamed, type ObjectShape } from '../formats/shape.ts';
import type { FieldError } from '../kernel/errors.ts';
import type { Fields } from './address.ts';

export interface OverlayRules {
  /** Whether a member that has a value other than its default is left alone, as on predefined routes (servicestack.md 1.2). */
  readonly onlyUnset: boolean;
}

/**
 * Lays named texts from a path, query or form over a request (servicestack.md 1.4): names without regard to case, empty texts skipped,
 * a repeated name joins with a comma, texts stand as they are, a list is `1,2` or `[1,2]`, all else is JSV.
 * @returns one entry for each member that could not be read; such a member is left as it was.
 */
export function overlay(target: object, shape: ObjectShape, fields: Fields, rules: OverlayRules): FieldError[] {
  const given = new Map<Member, string>();
  for (const [name, text] of fields) {
    const member = memberNamed(shape, name);
    if (!member || text === '') continue;
    if (rules.onlyUnset && !isDefault(Reflect.get(target, member.jsonName), member)) continue;
    const before = given.get(member);
    given.set(member, before === undefined ? text : `${before},${text}`);
  }
  const problems: FieldError[] = [];
  for (const [member, text] of given) {
    try {
      const value = readJsvMember(text, member.shape, []);
      if (value !== undefined) Reflect.set(target, member.jsonName, value);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      problems.push(problemOf(member, text));
    }
  }
  return problems;
}

/** Whether C# cannot tell a value from an absent one: it is none, or the 0, `false` or first name of a type that cannot be null. */
function isDefault(value: unknown, { neverNil, shape }: Member): boolean {
  if (value === undefined || !neverNil) return value === undefined;
  return shape.kind === 'enum' ? value === shape.values.values().next().value : value === 0 || value === false;
}

const SHOWN_LENGTH = 100;

function problemOf(member: Member, text: string): FieldError {
  const shown = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
  return { errorCode: 'SerializationException', fieldName: member.name, message: `'${shown}' is an Invalid value for '${member.name}'` };
}
