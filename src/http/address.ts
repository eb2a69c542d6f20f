import type { WireFormat } from '../formats/format.ts';
import { wireFormats } from '../formats/formats.ts';

/** A name and a value of a query or form, in the order in which they came. */
export type Fields = readonly (readonly [name: string, value: string])[];

export interface Address {
  /** Without the suffix. */
  readonly path: string;
  /** The format that the suffix of the path names. An unknown suffix is a part of the path (servicestack.md 1.1). */
  readonly suffix: WireFormat | undefined;
  /** With its `?`, or empty. */
  readonly query: string;
}

/** The parts of a request target. */
export function parseAddress(target: string): Address {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark);
  const suffix = suffixOf(path);
  return { path: suffix ? path.slice(0, -suffix.suffix.length) : path, suffix, query };
}

function suffixOf(path: string): WireFormat | undefined {
  const dot = path.lastIndexOf('.');
  if (dot === -1) return undefined;
  const suffix = path.slice(dot).toLowerCase();
  return wireFormats.find((format) => format.suffix === suffix);
}

const none: Fields = [];

/** The fields of a query or of a form body. `+` is a space (servicestack.md 1.4). */
export function parseFields(text: string): Fields {
  return text === '' || text === '?' ? none : [...new URLSearchParams(text)];
}

/** The value of a field whose name is `name` in any case; undefined if there is none. */
export function fieldOf(fields: Fields, name: string): string | undefined {
  return fields.find(([given]) => given.toLowerCase() === name)?.[1];
}
