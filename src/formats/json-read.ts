import { FormatError } from './format.ts';
import { limits } from './limits.ts';
import { checkNumber, readScalar } from './scalar.ts';
import type { ObjectShape, ScalarShape, Shape } from './shape.ts';

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
  return readObject(parse(trimmed), shape, '');
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

function readValue(value: unknown, shape: Shape, path: string): unknown {
  switch (shape.kind) {
    case 'text':
    case 'flag':
    case 'integer':
    case 'number':
    case 'enum':
      return readJsonScalar(value, shape, path);
    case 'list':
      if (!Array.isArray(value)) throw new FormatError('is not a list', path);
      return value.map((item, index) => readItem(item, shape.item, `${path}[${index}]`));
    case 'map':
      return readMap(value, shape.value, path);
    case 'object':
      return readObject(value, shape, path);
  }
}

function readItem(value: unknown, shape: Shape, path: string): unknown {
  const item = value === null ? undefined : readValue(value, shape, path);
  if (item === undefined) throw new FormatError('is empty', path);
  return item;
}

function readJsonScalar(value: unknown, shape: ScalarShape, path: string): string | number | boolean | undefined {
  switch (typeof value) {
    case 'string':
      return readScalar(shape, value, path);
    case 'number':
      return shape.kind === 'integer' || shape.kind === 'number' ? checkNumber(shape, value, path) : readScalar(shape, String(value), path);
    case 'boolean':
      return shape.kind === 'flag' ? value : readScalar(shape, String(value), path);
    default:
      throw new FormatError('is an object or a list where a single value belongs', path);
  }
}

function readMap(value: unknown, shape: Shape, path: string): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (const [key, entry] of entriesOf(value, path)) {
    if (entry === null) continue;
    if (key === '__proto__') throw new FormatError("'__proto__' is not a possible name", path);
    const read = readValue(entry, shape, `${path}.${key}`);
    if (read !== undefined) map[key] = read;
  }
  return map;
}

function readObject(value: unknown, shape: ObjectShape, path: string): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, entry] of entriesOf(value, path)) {
    if (entry === null) continue;
    const member = shape.memberByLowerName.get(key.toLowerCase());
    if (!member) continue;
    const read = readValue(entry, member.shape, path === '' ? member.name : `${path}.${member.name}`);
    if (read !== undefined) object[member.jsonName] = read;
  }
  return object;
}

function entriesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FormatError('is not an object', path);
  return Object.entries(value);
}
