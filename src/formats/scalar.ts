import { FormatError } from './format.ts';
import type { EnumShape, ScalarShape } from './shape.ts';

const ORDINAL = /^\d{1,4}$/;

/** Digits with at most one fraction and exponent. Each part can match in one way only, so it cannot backtrack badly. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

const flags = new Map<string, boolean>([
  ...['true', '1', 'on', 't', 'y', 'yes'].map((word) => [word, true] as const),
  ...['false', '0', 'off', 'f', 'n', 'no'].map((word) => [word, false] as const),
]);

/**
 * The value of a text, as it stands in XML, in a query, in a form, or in quotes where JSON should have a number or boolean
 * (servicestack.md 1.4). An empty text is an absent value, except for texts. An enum is read by name or by number (servicestack.md 2.1).
 * @throws FormatError when the text is not a value of this kind.
 */
export function readScalar(shape: ScalarShape, given: string): string | number | boolean | undefined {
  if (shape.kind === 'text') return given;
  const text = given.trim();
  if (text === '') return undefined;
  switch (shape.kind) {
    case 'flag': {
      const flag = flags.get(text.toLowerCase());
      if (flag === undefined) throw new FormatError('is not true or false');
      return flag;
    }
    case 'enum': {
      const value = shape.values.get(text.toLowerCase()) ?? memberNumbered(shape, text);
      if (value === undefined) throw new FormatError(`is not one of ${[...shape.values.values()].join(', ')}`);
      return value;
    }
    case 'integer':
    case 'number':
      return checkNumber(shape, NUMBER.test(text) ? Number(text) : Number.NaN);
  }
}

/** The member of an enum by its place in the declaration, counted from 0. */
function memberNumbered(shape: EnumShape, text: string): string | undefined {
  return ORDINAL.test(text) ? [...shape.values.values()][Number(text)] : undefined;
}

/** `value` itself. @throws FormatError when it is not finite, or should be whole and is not. */
export function checkNumber(shape: ScalarShape, value: number): number {
  if (shape.kind === 'integer' && !Number.isSafeInteger(value)) throw new FormatError('is not a whole number');
  if (!Number.isFinite(value)) throw new FormatError('is not a number');
  return value;
}
