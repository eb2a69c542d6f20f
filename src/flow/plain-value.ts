import type { Struct, Value } from '../contracts/values.ts';

/**
 * A value of the data system as flows work with it: plain JSON data, never changed in place. Structs have no prototype, so
 * that a field may have any name.
 */
export type PlainValue = string | number | boolean | readonly PlainValue[] | PlainStruct;
export interface PlainStruct {
  readonly [name: string]: PlainValue;
}

/** Data that cannot be taken: too large, too deep, of the wrong type, or in a place that cannot be written. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** Lists and structs inside each other, at most. */
export const MAX_DEPTH = 10;

/** A struct of these entries; the later of two equal names wins. */
export function structOf(entries: Iterable<readonly [string, PlainValue]>): PlainStruct {
  const struct: Record<string, PlainValue> = Object.create(null);
  for (const [name, value] of entries) struct[name] = value;
  return struct;
}

/** A copy of `struct` with one field set, or left out when `value` is undefined. */
export function withField(struct: PlainStruct, name: string, value: PlainValue | undefined): PlainStruct {
  const copy: Record<string, PlainValue> = Object.assign(Object.create(null), struct);
  if (value === undefined) delete copy[name];
  else copy[name] = value;
  return copy;
}

/** The field of that name, or undefined. Never anything inherited. */
export function fieldOf(struct: PlainStruct, name: string): PlainValue | undefined {
  return Object.hasOwn(struct, name) ? struct[name] : undefined;
}

export function isList(value: PlainValue): value is readonly PlainValue[] {
  return Array.isArray(value);
}

/**
 * The plain form of a Value of the contract, or undefined when no member is set. An entry of a list that is a struct with
 * the one key `Value` is that value itself.
 * @throws DataError when it is nested deeper than MAX_DEPTH.
 */
export function fromValue(value: Value, depth = 0): PlainValue | undefined {
  if (depth > MAX_DEPTH) throw new DataError(`Lists and structs may be nested ${MAX_DEPTH} deep.`);
  if (value.stringValue != null) return value.stringValue;
  if (value.numberValue != null) return value.numberValue;
  if (value.boolValue != null) return value.boolValue;
  if (value.listValue != null) return value.listValue.map((entry) => fromListEntry(entry, depth + 1));
  if (value.structValue != null) return fromStruct(value.structValue, depth + 1);
  return undefined;
}

function fromListEntry(entry: Struct, depth: number): PlainValue {
  const keys = Object.keys(entry);
  const single = keys.length === 1 && keys[0] === 'Value' ? entry.Value : undefined;
  return (single && fromValue(single, depth)) ?? fromStruct(entry, depth);
}

/** The plain form of a Struct of the contract; fields without a value are left out. @throws DataError as `fromValue`. */
export function fromStruct(struct: Struct, depth = 0): PlainStruct {
  const plain: Record<string, PlainValue> = Object.create(null);
  for (const [name, value] of Object.entries(struct)) {
    const field = fromValue(value, depth);
    if (field !== undefined) plain[name] = field;
  }
  return plain;
}

/** The Value of the contract for plain data. */
export function toValue(plain: PlainValue): Value {
  switch (typeof plain) {
    case 'string':
      return { stringValue: plain };
    case 'number':
      return { numberValue: plain };
    case 'boolean':
      return { boolValue: plain };
    default:
      return isList(plain) ? { listValue: plain.map(toListEntry) } : { structValue: toStruct(plain) };
  }
}

function toListEntry(entry: PlainValue): Struct {
  return typeof entry === 'object' && !isList(entry) ? toStruct(entry) : { Value: toValue(entry) };
}

/** The Struct of the contract for a plain struct. */
export function toStruct(plain: PlainStruct): Struct {
  const struct: Struct = Object.create(null);
  for (const [name, value] of Object.entries(plain)) struct[name] = toValue(value);
  return struct;
}

/**
 * Data of unknown origin (stored state, the result of an expression) as plain data; null and undefined become undefined.
 * @throws DataError for anything that is not JSON data, or nested too deep.
 */
export function toPlain(data: unknown, depth = 0): PlainValue | undefined {
  if (depth > MAX_DEPTH) throw new DataError(`Lists and structs may be nested ${MAX_DEPTH} deep.`);
  if (data === null || data === undefined) return undefined;
  if (typeof data === 'string' || typeof data === 'boolean') return data;
  if (typeof data === 'number') {
    if (!Number.isFinite(data)) throw new DataError('A number is too large, or is not a number.');
    return data;
  }
  if (typeof data !== 'object') throw new DataError('Only text, numbers, booleans, lists and structs can be kept.');
  if (Array.isArray(data)) return data.flatMap((entry: unknown) => [toPlain(entry, depth + 1) ?? '']);
  return toPlainStruct(data, depth);
}

/** As `toPlain`, for the fields of an object. */
export function toPlainStruct(data: object, depth = 0): PlainStruct {
  const plain: Record<string, PlainValue> = Object.create(null);
  for (const [name, entry] of Object.entries(data)) {
    const field = toPlain(entry, depth + 1);
    if (field !== undefined) plain[name] = field;
  }
  return plain;
}

/** How much room a value takes, in characters: its text, its names, and a few for each value. */
export function sizeOf(value: PlainValue | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === 'string') return value.length + 8;
  if (typeof value !== 'object') return 8;
  let size = 8;
  if (isList(value)) for (const entry of value) size += sizeOf(entry);
  else for (const name of Object.keys(value)) size += name.length + sizeOf(value[name]);
  return size;
}
