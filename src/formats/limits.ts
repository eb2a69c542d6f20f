import { FormatError } from './format.ts';

/** What a reader accepts at most, so that no input can take much memory or time. */
export const limits = {
  /** Characters of a body. Bodies are cut off earlier, in bytes, by the HTTP server. */
  textLength: 1024 * 1024,
  /** Objects, lists and elements inside one another. */
  depth: 64,
  /** Elements of an XML document, values of JSON and JSV. */
  elements: 50_000,
  /** Items of a list that is the whole body. */
  items: 1000,
  /** Columns of CSV. */
  columns: 1000,
} as const;

/** @throws FormatError when a body is longer than the limit. */
export function checkLength(text: string): void {
  if (text.length > limits.textLength) throw new FormatError(`The body is longer than ${limits.textLength} characters`);
}

/** @throws FormatError when a list that is the whole body has more items than the limit. */
export function checkItems(count: number): void {
  if (count > limits.items) throw new FormatError(`The body has more than ${limits.items} items`);
}

/** What a reader says of a body that has more values than the limit. */
export function tooMany(): FormatError {
  return new FormatError(`The body has more than ${limits.elements} values`);
}

/** What a reader says of a body that is deeper than the limit. */
export function tooDeep(): FormatError {
  return new FormatError(`The body is nested more than ${limits.depth} deep`);
}
