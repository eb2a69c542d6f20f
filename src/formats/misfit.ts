import { FormatError } from './format.ts';
import type { Shape } from './shape.ts';

/** What a reader says of a value whose kind is another than that of its shape. */
export function misfit(shape: Shape): FormatError {
  switch (shape.kind) {
    case 'list':
      return new FormatError('is not a list');
    case 'map':
    case 'object':
      return new FormatError('is not an object');
    default:
      return new FormatError('is an object or a list where a single value belongs');
  }
}

/** @throws FormatError for the one key of a dictionary that would change the object it is put into. */
export function checkKey(key: string): void {
  if (key === '__proto__') throw new FormatError("'__proto__' is not a possible name");
}
