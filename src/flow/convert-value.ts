import type { ValueType } from '../contracts/values.ts';
import { DataError, isList, type PlainValue } from './plain-value.ts';

/** What a value of each type looks like, for messages. */
const words: Partial<Record<ValueType, string>> = {
  Number: 'a number',
  Boolean: 'true or false',
  List: 'a list',
  Struct: 'a struct',
};

/**
 * `value` as the type that the reader of it declares: numbers and booleans are read from text, and written as text. Types that
 * name a resource (AudioFile, PhoneNumber, ...) are its id as text.
 * @throws DataError that says what was expected. It never repeats the value, which may be private.
 */
export function convertValue(type: ValueType, value: PlainValue): PlainValue {
  switch (type) {
    case 'NotSpecified':
    case 'Custom':
      return value;
    case 'Number':
      return toNumber(value);
    case 'Boolean':
      return toBoolean(value);
    case 'List':
      return isList(value) ? value : mismatch(type, value);
    case 'Struct':
      return typeof value === 'object' && !isList(value) ? value : mismatch(type, value);
    default:
      return toText(value, type);
  }
}

function toText(value: PlainValue, type: ValueType): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return mismatch(type, value);
}

function toNumber(value: PlainValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value.trim() !== '') {
    const number = Number(value);
    if (Number.isFinite(number)) return number;
  }
  return mismatch('Number', value);
}

const truths: Readonly<Record<string, boolean>> = { true: true, yes: true, '1': true, false: false, no: false, '0': false, '': false };

function toBoolean(value: PlainValue): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  const key = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  if (key !== undefined && Object.hasOwn(truths, key)) return truths[key] === true;
  return mismatch('Boolean', value);
}

function mismatch(type: ValueType, value: PlainValue): never {
  const found =
    typeof value !== 'object' ? `other ${typeof value === 'string' ? 'text' : typeof value}` : isList(value) ? 'a list' : 'a struct';
  throw new DataError(`${words[type] ?? 'text'} is expected, but the value is ${found}.`);
}
