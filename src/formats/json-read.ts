import { FormatError } from './format.ts';
import { limits } from './limits.ts';
import { checkNumber, readScalar } from './scalar.ts';
import { memberNamed, type ObjectShape, type ScalarShape, type Shape } from './shape.ts';
import { readAlongTrail, type Trail } from './trail.ts';

/**
 * The value of a JSON text (servicestack.md 2.1): names without regard to case, unknown members ignored, null is absent, numbers and
 * booleans may stand in quotes.
 * @throws FormatError when the text does not begin with `{`, is not JSON, does not fit the shape, or exceeds the limits.
 */
export function readJson(text: string, shape: ObjectShape): object {
  if (text.length > limits.textLength) throw new FormatError(`The body is longer than ${limits.textLength} characters`);
  const trimmed = text.trimStart();
  if (!trimmed.startsWith('{')) throw new FormatError("The body does not begin with '{'");
  checkDepth(trimmed);
  const value = parse(trimmed);
  return readAlongTrail((trail) => readObject(value, shape, trail));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the body, which may hold what no log or answer should repeat.
    throw new FormatError('The body is not JSON');
  }
}

/** Counts brackets outside strings, before anything recursive sees the text. Unknown members count too. */
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) {
      inString = true;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > limits.depth) throw new FormatError(`The body is nested more than ${limits.depth} deep`);
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
}

function readValue(value: unknown, shape: Shape, trail: Trail): unknown {
  switch (shape.kind) {
    case 'text':
    case 'flag':
    case 'integer':
    case 'number':
    case 'enum':
      return readJsonScalar(value, shape);
    case 'list':
      return readList(value, shape.item, trail);
    case 'map':
      return readMap(value, shape.value, trail);
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
      throw new FormatError('is an object or a list where a single value belongs');
  }
}

function readList(value: unknown, shape: Shape, trail: Trail): unknown[] {
  if (!Array.isArray(value)) throw new FormatError('is not a list');
  const list: unknown[] = [];
  for (const given of value) {
    trail.push(list.length);
    const item = given === null ? undefined : readValue(given, shape, trail);
    if (item === undefined) throw new FormatError('is empty');
    list.push(item);
    trail.pop();
  }
  return list;
}

function readMap(value: unknown, shape: Shape, trail: Trail): Record<string, unknown> {
  if (!isRecord(value)) throw new FormatError('is not an object');
  const map: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const given = value[key];
    if (given === null) continue;
    if (key === '__proto__') throw new FormatError("'__proto__' is not a possible name");
    trail.push(key);
    const entry = readValue(given, shape, trail);
    if (entry !== undefined) map[key] = entry;
    trail.pop();
  }
  return map;
}

function readObject(value: unknown, shape: ObjectShape, trail: Trail): Record<string, unknown> {
  if (!isRecord(value)) throw new FormatError('is not an object');
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const given = value[key];
    if (given === null) continue;
    const member = memberNamed(shape, key);
    if (!member) continue;
    trail.push(member.name);
    const read = readValue(given, member.shape, trail);
    if (read !== undefined) object[member.jsonName] = read;
    trail.pop();
  }
  return object;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
