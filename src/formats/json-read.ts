import { setImmediate as nextTurn } from 'node:timers/promises';
import { FormatError } from './format.ts';
import { checkItems, checkLength, limits, tooDeep, tooMany } from './limits.ts';
import { checkKey, misfit } from './misfit.ts';
import { checkNumber, readScalar } from './scalar.ts';
import { type ListShape, type MapShape, memberNamed, type ObjectShape, type RootShape, type ScalarShape, type Shape } from './shape.ts';
import { readAlongTrail, type Trail } from './trail.ts';

/** Characters of a text that is checked, parsed and read in turns of their own, with other work in between. */
const LONG_LENGTH = 32 * 1024;

/**
 * The value of a JSON text (servicestack.md 2.1): names without regard to case, unknown members ignored, null is absent, numbers and
 * booleans may stand in quotes.
 * @throws FormatError when the text does not begin with `{`, or with `[` for a list, is not JSON, does not fit the shape, or exceeds
 * the limits.
 */
export async function readJson(text: string, shape: RootShape): Promise<unknown> {
  checkLength(text);
  const trimmed = text.trimStart();
  const opening = shape.kind === 'list' ? '[' : '{';
  if (!trimmed.startsWith(opening)) throw new FormatError(`The body does not begin with '${opening}'`);
  const isLong = text.length > LONG_LENGTH;
  checkStructure(trimmed, { values: 0 });
  if (isLong) await nextTurn();
  const value = parseChecked(trimmed);
  if (isLong) await nextTurn();
  if (Array.isArray(value)) checkItems(value.length);
  return readAlongTrail((trail) => readJsonValue(value, shape, trail));
}

/** How many values were counted in the texts of one body. */
export interface Counted {
  values: number;
}

/** What a text says before it is known whether it fits. @throws FormatError when it is not JSON, or too deep or too much. */
export function parseJson(text: string, counted: Counted = { values: 0 }): unknown {
  checkStructure(text, counted);
  return parseChecked(text);
}

function parseChecked(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the body, which may hold what no log or answer should repeat.
    throw new FormatError('The body is not JSON');
  }
}

/**
 * Counts brackets and commas outside strings, before anything recursive sees the text, and before it takes the parser long. Unknown
 * members count too.
 */
function checkStructure(text: string, counted: Counted): void {
  let depth = 0;
  let { values } = counted;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > limits.depth) throw tooDeep();
      if (++values > limits.elements) throw tooMany();
    } else if (code === 0x2c) {
      if (++values > limits.elements) throw tooMany();
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  counted.values = values;
}

/** The value of this shape in a parsed value. @throws FormatError, with `trail` at the place, when it does not fit. */
export function readJsonValue(value: unknown, shape: Shape, trail: Trail): unknown {
  switch (shape.kind) {
    case 'text':
    case 'flag':
    case 'integer':
    case 'number':
    case 'enum':
      return readJsonScalar(value, shape);
    case 'list':
      return readList(value, shape, trail);
    case 'map':
      return readMap(value, shape, trail);
    case 'object':
      return readObject(value, shape, trail);
  }
}

function readJsonScalar(value: unknown, shape: ScalarShape): string | number | boolean | undefined {
  switch (typeof value) {
    case 'string':
      return readScalar(shape, value);
    case 'number':
      return shape.kind === 'integer' || shape.kind === 'number' ? checkNumber(shape, value) : readScalar(shape, String(value));
    case 'boolean':
      return shape.kind === 'flag' ? value : readScalar(shape, String(value));
    default:
      throw misfit(shape);
  }
}

function readList(value: unknown, shape: ListShape, trail: Trail): unknown[] {
  if (!Array.isArray(value)) throw misfit(shape);
  const list: unknown[] = [];
  for (const given of value) {
    trail.push(list.length);
    const item = given === null ? undefined : readJsonValue(given, shape.item, trail);
    if (item === undefined) throw new FormatError('is empty');
    list.push(item);
    trail.pop();
  }
  return list;
}

function readMap(value: unknown, shape: MapShape, trail: Trail): Record<string, unknown> {
  if (!isRecord(value)) throw misfit(shape);
  const map: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const given = value[key];
    if (given === null) continue;
    checkKey(key);
    trail.push(key);
    const entry = readJsonValue(given, shape.value, trail);
    if (entry !== undefined) map[key] = entry;
    trail.pop();
  }
  return map;
}

function readObject(value: unknown, shape: ObjectShape, trail: Trail): Record<string, unknown> {
  if (!isRecord(value)) throw misfit(shape);
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const given = value[key];
    if (given === null) continue;
    const member = memberNamed(shape, key);
    if (!member) continue;
    trail.push(member.name);
    const read = readJsonValue(given, member.shape, trail);
    if (read !== undefined) object[member.jsonName] = read;
    trail.pop();
  }
  return object;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
